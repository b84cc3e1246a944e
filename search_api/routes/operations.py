"""For whoever keeps the server running."""

from __future__ import annotations

from fastapi import APIRouter

from search_api.dependencies import SearcherOf
from search_api.health import readiness
from search_api.problem import problems
from search_api.schemas import Alive, Ready

router = APIRouter()


@router.get("/healthz", operation_id="alive", responses=problems(500))
async def get_health() -> Alive:
    """Whether the process answers. Says nothing about the index."""
    return Alive()


@router.get("/readyz", operation_id="ready", responses=problems(500, 503))
async def get_readiness(searcher: SearcherOf) -> Ready:
    """Whether a search would work, found out by making one."""
    return await readiness(searcher)
