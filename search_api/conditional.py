"""Conditional requests: replies change once a night, and a client need not fetch one twice."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request, Response

from search_api.caller import CallerOf
from search_api.dependencies import SearcherOf
from search_api.problem import problems

if TYPE_CHECKING:
    from search_api.caller import Caller


class NotModified(Exception):
    """The client has this reply already."""

    def __init__(self, etag: str) -> None:
        super().__init__(etag)
        self.etag = etag


async def _conditional(
    request: Request, response: Response, searcher: SearcherOf, caller: CallerOf
) -> Response:
    manifest = searcher.serving.current().reader.manifest
    etag = _etag(manifest.generation, manifest.built_at, caller, str(request.url.query), request.url.path)
    known = {tag.strip() for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in known:
        raise NotModified(etag)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def conditional(*statuses: int) -> dict[int | str, dict[str, object]]:
    """What a conditional route says in the OpenAPI document besides its answer; as `problems`."""
    return {
        304: {"description": "As when it was given the ETag that `If-None-Match` names."},
        **problems(*statuses),
    }


# Takes the route's response; a route that answers less than the generation could takes the tag off again.
Conditional = Annotated[Response, Depends(_conditional)]


def forget_tag(response: Response) -> None:
    """Let the client fetch this reply again: what was missing from it may be there the next time."""
    del response.headers["ETag"]
    response.headers["Cache-Control"] = "no-store"


def _etag(generation: int, built_at: str, caller: Caller, query: str, path: str) -> str:
    """Weak: replies are equal in what they say, not in every byte (`took_ms`)."""
    scope = None if caller.scope is None else sorted(caller.scope)
    parts = json.dumps([generation, built_at, scope, query, path])
    return f'W/"{generation}-{hashlib.sha256(parts.encode()).hexdigest()[:16]}"'
