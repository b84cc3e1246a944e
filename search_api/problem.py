"""Errors as RFC 9457 problem documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field
from starlette.responses import Response

if TYPE_CHECKING:
    from search_api.errors import SearchError

MEDIA_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    """One field of a request that cannot be accepted, and why."""

    field: str
    problem: str


class Problem(BaseModel):
    """Why a request got no answer (RFC 9457)."""

    type: str = Field(description="A relative reference into the documentation of the code.")
    title: str = Field(description="What this code means, always the same words.")
    status: int
    code: str = Field(description="Stable; branch on this.")
    detail: str = Field(description="What to do about this very request.")
    errors: list[FieldProblem] = Field(default_factory=list)


# The gate before every route answers with these.
GATE_STATUSES = (401, 403, 421, 429, 503)

# And whatever takes a body, where that is not JSON, too large, declared as something else, or the wrong JSON.
BODY_STATUSES = (400, 413, 415, 422)


def problems(*statuses: int) -> dict[int | str, dict[str, object]]:
    """What a route says in the OpenAPI document about the errors that it, or the gate, may answer with."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {
            "model": Problem,
            "description": "A problem; `code` says which.",
            "content": {MEDIA_TYPE: schema},
        }
        for status in sorted({*GATE_STATUSES, 500, *statuses})
    }


def problem_response(error: SearchError, errors: list[FieldProblem] | None = None) -> Response:
    """The reply for an error.

    Escaped to ASCII: a request may have held half a surrogate pair, which no UTF-8 reply can repeat.
    """
    title = (type(error).__doc__ or error.code).partition("\n")[0]
    problem = Problem(
        type=f"docs/API.md#{error.code}",
        title=title,
        status=error.http_status,
        code=error.code,
        detail=str(error),
        errors=errors or [],
    )
    content = json.dumps(problem.model_dump(), ensure_ascii=True).encode()
    headers = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
    return Response(content, error.http_status, headers, MEDIA_TYPE)
