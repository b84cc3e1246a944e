"""Searching."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from search_api.answer import Answer
from search_api.caller import CallerOf
from search_api.conditional import Conditional, conditional, forget_tag
from search_api.dependencies import SearcherOf
from search_api.problem import BODY_STATUSES, problems
from search_api.schemas import SearchRequest

router = APIRouter()


@router.get("/v1/search", operation_id="search", responses=conditional(400, 422))
async def get_search(
    request: Annotated[SearchRequest, Query()], searcher: SearcherOf, caller: CallerOf, response: Conditional
) -> Answer:
    """Search, with the question in the address. Repeat `repo`, `lang`, `path`, `kind` for several."""
    answer = await searcher.search(request.to_query(), caller.scope)
    if answer.degraded:
        forget_tag(response)
    return answer


@router.post("/v1/search", operation_id="searchByPost", responses=problems(*BODY_STATUSES))
async def post_search(request: SearchRequest, searcher: SearcherOf, caller: CallerOf) -> Answer:
    """Search, with the question in a JSON body: for long queries, and to keep them out of logs."""
    return await searcher.search(request.to_query(), caller.scope)
