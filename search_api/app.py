"""The HTTP application: routes, errors as problem documents, and the life of the open generation."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response

from index_store.errors import IndexStoreError
from search_api.agents.server import McpOverHttp, mcp_server
from search_api.body import BodyGate
from search_api.command_socket import answering_commands
from search_api.conditional import NotModified
from search_api.defer import Deferrer
from search_api.errors import (
    BodyNotJson,
    IndexNotReady,
    MethodNotAllowed,
    RequestInvalid,
    RouteNotFound,
    SearchError,
)
from search_api.gate import Gate
from search_api.limits import MIN_GZIP_BYTES
from search_api.metrics import Metrics
from search_api.nights import Nights
from search_api.observation import Observation
from search_api.options import DEFAULT_OPTIONS
from search_api.problem import MEDIA_TYPE, FieldProblem, problem_response
from search_api.routes import ROUTERS
from search_api.search import Searcher
from search_api.serving import Serving
from search_api.shown import ShownHits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.requests import Request

    from search_api.options import ApiOptions
    from search_api.retrieval.vector import EmbedderFor

log = structlog.get_logger(__name__)


def create_app(state_dir: Path, embedder_for: EmbedderFor, options: ApiOptions = DEFAULT_OPTIONS) -> FastAPI:
    """The application over one state directory; without an index it starts, and serves the first published.

    `embedder_for` gives the embedder that a generation was built with, or raises ModelError; it runs in a
    thread, once per generation.
    """
    serving = Serving(state_dir, embedder_for, staying=True)
    nights = Nights(state_dir)
    metrics = Metrics(serving, nights)
    shown = ShownHits(state_dir)
    searcher = Searcher(
        serving, read_head=options.read_head, on_answer=metrics.searched, on_shown=shown.count
    )
    # Commands print what they would find by themselves; where branches are now they do not ask git.
    commands = Searcher(serving, on_answer=metrics.searched, on_shown=shown.count)
    agents = McpOverHttp(mcp_server(searcher, options.memories))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with contextlib.suppress(Exception):  # /readyz and every search say why; it is tried again
            await serving.refresh()
        following = asyncio.create_task(serving.follow())
        try:
            async with (
                shown.saving(),
                agents.running(),
                answering_commands(state_dir, commands, options.answer_command),
            ):
                yield
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await searcher.close()

    app = _Api(
        title="nightdex Code Search API",
        version=version("nightdex"),
        summary="Searches the code index that the last night published.",
        lifespan=lifespan,
        docs_url=None,  # its page loads scripts from a CDN
        redoc_url=None,
        exception_handlers={
            SearchError: _on_search_error,
            IndexStoreError: _on_store_error,
            RequestValidationError: _on_invalid_request,
            HTTPException: _on_http_exception,
            NotModified: _on_not_modified,
        },
    )
    app.state.searcher = searcher
    app.state.options = options
    app.state.deferrer = Deferrer(searcher, options.chain)
    app.state.nights = nights
    app.state.metrics = metrics
    for router in ROUTERS:
        app.include_router(router)
    app.router.routes.append(agents.route)
    # The last one added stands outermost.
    app.add_middleware(BodyGate)
    app.add_middleware(GZipMiddleware, minimum_size=MIN_GZIP_BYTES)
    app.add_middleware(Gate, options=options)
    app.add_middleware(Observation, metrics=metrics)
    return app


class _Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document; problems are only ever sent as problem+json, which FastAPI cannot be told."""
        document = super().openapi()
        for operations in document["paths"].values():
            for operation in operations.values():
                for reply in operation["responses"].values():
                    if MEDIA_TYPE in reply.get("content", {}):
                        reply["content"].pop("application/json", None)
        return document


async def _on_search_error(_: Request, error: SearchError) -> Response:
    return problem_response(error)


def _allowed(request: Request) -> str:
    """Every method that a path takes; the routing knows of one route at a time only."""
    operations = request.app.openapi()["paths"].get(request.url.path, {})
    return ", ".join(sorted(method.upper() for method in operations))


async def _on_not_modified(_: Request, known: NotModified) -> Response:
    return Response(status_code=304, headers={"ETag": known.etag, "Cache-Control": "private, no-cache"})


async def _on_store_error(_: Request, error: IndexStoreError) -> Response:
    log.error("store_failed", reason=str(error))
    return problem_response(IndexNotReady(f"The index does not answer: {error}"))


async def _on_invalid_request(_: Request, error: RequestValidationError) -> Response:
    fields = [
        FieldProblem(field=".".join(map(str, found["loc"][1:])) or "body", problem=found["msg"])
        for found in error.errors()
    ]
    named = ", ".join(f"{field.field}: {field.problem}" for field in fields)
    return problem_response(RequestInvalid(f"The request has invalid fields ({named})."), fields)


async def _on_http_exception(request: Request, error: HTTPException) -> Response:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problem_response(RouteNotFound(f"There is nothing at {request.url.path!a}; see docs/API.md."))
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = _allowed(request) or (error.headers or {}).get("Allow", "GET")
        reply = problem_response(MethodNotAllowed(f"{request.method} is not possible here; use {allowed}."))
        reply.headers["Allow"] = allowed
        return reply
    return problem_response(BodyNotJson(f"The request cannot be read: {error.detail}."))
