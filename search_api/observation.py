"""Around every request: an id, its time, a log line, its metrics, safe headers, and no fault that escapes."""

from __future__ import annotations

import secrets
import time
import traceback
from typing import TYPE_CHECKING

import structlog
from starlette.datastructures import MutableHeaders

from search_api.errors import InternalError
from search_api.problem import problem_response
from search_api.timing import collecting, server_timing

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from search_api.metrics import Metrics

log = structlog.get_logger(__name__)

# SECURITY: nothing is loaded from elsewhere, nothing inline runs, nobody frames us, and no other site may
# read a reply: there is no CORS header anywhere.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}

# Requests that no route took; their paths are whatever somebody typed.
NO_ROUTE = "none"


class Observation:
    """ASGI middleware, outermost.

    SECURITY: the log line has the route's own pattern, never the address, which may hold the query.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and write down that it was answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 0

        with collecting() as stages:

            async def send_with_headers(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = int(message["status"])
                    headers = MutableHeaders(scope=message)
                    headers["X-Request-Id"] = request_id
                    headers["Server-Timing"] = server_timing(stages, time.perf_counter() - started)
                    headers.setdefault("Cache-Control", "no-store")
                    for name, value in HEADERS.items():
                        headers.setdefault(name, value)
                await send(message)

            try:
                await self.app(scope, receive, send_with_headers)
            except Exception as fault:
                _log_fault(fault, request_id, _route(scope))
                if status:
                    raise
                error = InternalError(
                    f"The server failed on this request; its log has the details at {request_id}."
                )
                await problem_response(error)(scope, receive, send_with_headers)
            finally:
                self._write_down(scope, status, time.perf_counter() - started, request_id)

    def _write_down(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = _route(scope)
        caller = scope["state"].get("caller")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)
        log.info(
            "request",
            request_id=request_id,
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            caller=None if caller is None else caller.name,
        )


# What a client may make up would make the log and the metrics its own.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _route(scope: Scope) -> str:
    """The pattern of the route that took a request, as FastAPI leaves it in the scope."""
    return getattr(scope.get("route"), "path", NO_ROUTE)


def _log_fault(fault: Exception, request_id: str, route: str) -> None:
    # Neither the message nor the locals: both may hold the query, which is the caller's.
    frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(fault.__traceback__)]
    log.error("fault", request_id=request_id, route=route, kind=type(fault).__name__, at=frames[-5:])
