"""The gate every request body passes: bounded, declared as JSON, and JSON in the strict sense."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NoReturn

from search_api.errors import BodyNotJson, BodyTooLarge, MediaTypeUnsupported, SearchError
from search_api.limits import MAX_BODY_BYTES, MAX_JSON_DEPTH
from search_api.problem import problem_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyGate:
    """ASGI middleware that reads a body once, refuses a bad one, and replays a good one.

    SECURITY: the only place where a request body is read from the network. Starlette accepts a body of any
    size, and `json` takes NaN and dies of deep nesting (FACTS: both seen).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with what is wrong with its body."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self.app(scope, receive, send)
            return
        try:
            body = await _read(scope, receive)
            if body:
                _check_media_type(scope)
                check_json(body)
        except SearchError as error:
            await problem_response(error)(scope, receive, send)
            return
        replayed = False

        async def replay() -> Message:
            nonlocal replayed
            if replayed:
                return await receive()
            replayed = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replay, send)


def check_json(body: bytes) -> None:
    """Refuse what is not JSON as RFC 8259 has it.

    Raises:
        BodyNotJson: with the reason.
    """
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise BodyNotJson(_TOO_DEEP) from None
    except (ValueError, UnicodeDecodeError) as error:
        raise BodyNotJson(f"The body is not valid JSON: {error}.") from None
    level: list[object] = [document]
    for _ in range(MAX_JSON_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise BodyNotJson(_TOO_DEEP)


_TOO_DEEP = f"The body is nested more than {MAX_JSON_DEPTH} levels deep; a request is flat."


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _refuse_constant(name: str) -> NoReturn:
    raise BodyNotJson(f"The body holds {name}, which JSON does not have; send a number.")


async def _read(scope: Scope, receive: Receive) -> bytes:
    too_large = BodyTooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes; send less.")
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    if declared.isdigit() and int(declared[:20]) > MAX_BODY_BYTES:
        raise too_large
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise too_large
        if not message.get("more_body", False):
            return bytes(body)


def _check_media_type(scope: Scope) -> None:
    declared = dict(scope["headers"]).get(b"content-type", b"").decode("latin-1")
    media_type = declared.partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise MediaTypeUnsupported("The body must be JSON; send it with Content-Type: application/json.")
