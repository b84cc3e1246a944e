"""What is indexed."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Query

from search_api.caller import LOCAL, CallerOf
from search_api.conditional import Conditional, conditional
from search_api.dependencies import NightsOf, SearcherOf
from search_api.limits import MAX_NIGHTS
from search_api.nights import NightPage
from search_api.problem import problems
from search_api.schemas import Repositories, Repository, Status

router = APIRouter()


@router.get("/v1/status", operation_id="status", responses=problems())
async def get_status(searcher: SearcherOf, caller: CallerOf) -> Status:
    """What is being served."""
    manifest = searcher.serving.current().reader.manifest
    embedder = manifest.embedder
    visible = [state for state in manifest.repositories if caller.may_see(state.name)]
    return Status(
        version=version("nightdex"),
        generation=manifest.generation,
        built_at=manifest.built_at,
        embedder=f"{embedder.provider}/{embedder.model}@{embedder.digest[:12]}",
        chunks=sum(state.chunks for state in visible),
        repositories=len(visible),
        stale_repositories=[state.name for state in visible if state.stale],
    )


@router.get("/v1/repos", operation_id="repositories", responses=conditional())
async def get_repositories(searcher: SearcherOf, caller: CallerOf, _: Conditional) -> Repositories:
    """Which repositories are indexed, at which commit."""
    manifest = searcher.serving.current().reader.manifest
    return Repositories(
        generation=manifest.generation,
        repositories=[
            Repository(
                name=state.name,
                branch=state.branch,
                commit=state.commit,
                committed_at=state.committed_at,
                files=state.files,
                chunks=state.chunks,
                indexed_at=state.indexed_at,
                stale=state.stale,
                stale_reason=state.stale_reason,
                location=state.location if caller == LOCAL else "",
            )
            for state in sorted(manifest.repositories, key=lambda state: state.name)
            if caller.may_see(state.name)
        ],
    )


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
