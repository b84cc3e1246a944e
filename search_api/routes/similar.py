"""Code like other code."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from search_api.answer import Answer
from search_api.caller import CallerOf
from search_api.dependencies import SearcherOf
from search_api.errors import SimilarToWhat
from search_api.limits import DEFAULT_LIMIT, MAX_LIMIT, MAX_TOKENS, MAX_WINDOW, MIN_TOKENS
from search_api.problem import BODY_STATUSES, problems
from search_api.query import Mode, parse_query
from search_api.query import Query as SearchQuery
from search_api.schemas import Filtered
from search_api.similar import Like

router = APIRouter()


class SimilarRequest(Filtered):
    """What the code is to be like: exactly one of `id`, `like` and `code`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"like": "shop:src/auth/session.py:41"}]})

    id: str = Field(default="", description="The id of a hit.")
    like: str = Field(default="", description="A line of the index: repo:path:line.")
    code: str = Field(default="", description="The code itself.")
    limit: int = Field(default=DEFAULT_LIMIT, json_schema_extra={"minimum": 1, "maximum": MAX_LIMIT})
    offset: int = Field(default=0, json_schema_extra={"minimum": 0, "maximum": MAX_WINDOW - 1})
    max_tokens: int | None = Field(
        default=None,
        description="What the hits may cost a model that reads them.",
        json_schema_extra={"minimum": MIN_TOKENS, "maximum": MAX_TOKENS},
    )

    def to_question(self) -> Like | SearchQuery:
        """The checked question.

        Raises:
            QueryError: with the code of what is wrong.
        """
        given = [text for text in (self.id, self.like, self.code) if text]
        if len(given) != 1:
            raise SimilarToWhat("Give exactly one of id, like (repo:path:line) and code.")
        query = parse_query(
            given[0],
            mode=Mode.SIMILAR,
            **self.filters(),
            limit=self.limit,
            offset=self.offset,
            max_tokens=self.max_tokens,
        )
        return query if self.code else Like(query)


@router.get("/v1/similar", operation_id="similar", responses=problems(400, 404, 422))
async def get_similar(
    request: Annotated[SimilarRequest, Query()], searcher: SearcherOf, caller: CallerOf
) -> Answer:
    """Find code like a chunk of the index, by its `id` or by a line of it (`like=repo:path:line`)."""
    return await searcher.search(request.to_question(), caller.scope)


@router.post("/v1/similar", operation_id="similarByPost", responses=problems(404, *BODY_STATUSES))
async def post_similar(request: SimilarRequest, searcher: SearcherOf, caller: CallerOf) -> Answer:
    """Find code like the `code` that is posted, or like a chunk of the index."""
    return await searcher.search(request.to_question(), caller.scope)
