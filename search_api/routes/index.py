"""What is indexed."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from search_api.caller import CallerOf
from search_api.conditional import Conditional, conditional
from search_api.dependencies import NightsOf, SearcherOf
from search_api.limits import MAX_NIGHTS
from search_api.nights import NightPage
from search_api.problem import problems
from search_api.schemas import Repositories, Status
from search_api.views import repositories_of, status_of

router = APIRouter()


@router.get("/v1/status", operation_id="status", responses=problems())
async def get_status(searcher: SearcherOf, caller: CallerOf) -> Status:
    """What is being served."""
    return status_of(searcher.serving.current(), caller)


@router.get("/v1/repos", operation_id="repositories", responses=conditional())
async def get_repositories(searcher: SearcherOf, caller: CallerOf, _: Conditional) -> Repositories:
    """Which repositories are indexed, at which commit."""
    return repositories_of(searcher.serving.current(), caller)


@router.get("/v1/nights", operation_id="nights", responses=problems(422))
async def get_nights(
    nights: NightsOf,
    caller: CallerOf,
    limit: Annotated[int, Query(ge=1, le=MAX_NIGHTS)] = 10,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> NightPage:
    """What the nights did, newest first."""
    page, more = await asyncio.to_thread(nights.page, caller, limit, offset)
    return NightPage(nights=page, next_offset=offset + limit if more else None)
