"""For whoever keeps the server running."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from search_api.dependencies import MetricsOf, SearcherOf
from search_api.health import readiness
from search_api.problem import problems
from search_api.schemas import Alive, Ready

router = APIRouter()


@router.get("/healthz", operation_id="alive", responses=problems())
async def get_health() -> Alive:
    """Whether the process answers. Says nothing about the index."""
    return Alive()


@router.get("/readyz", operation_id="ready", responses=problems())
async def get_readiness(searcher: SearcherOf) -> Ready:
    """Whether a search would work, found out by making one."""
    return await readiness(searcher)


@router.get("/metrics", operation_id="metrics", responses=problems(), response_class=PlainTextResponse)
async def get_metrics(metrics: MetricsOf) -> PlainTextResponse:
    """Metrics in Prometheus' text format. No label holds a repository, a query or a key."""
    text = await asyncio.to_thread(generate_latest, metrics.registry)
    return PlainTextResponse(text, media_type=CONTENT_TYPE_LATEST)
