"""The routes of the API, thin over Searcher."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from search_api.answer import Answer
from search_api.health import readiness
from search_api.problem import MEDIA_TYPE, Problem
from search_api.schemas import Alive, Ready, Repositories, Repository, SearchRequest, Status
from search_api.search import Searcher


def _problems(*statuses: int) -> dict[int | str, dict[str, object]]:
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {
            "model": Problem,
            "description": "A problem; `code` says which.",
            "content": {MEDIA_TYPE: schema},
        }
        for status in statuses
    }


async def _searcher(request: Request) -> Searcher:
    searcher: Searcher = request.app.state.searcher
    return searcher


SearcherOf = Annotated[Searcher, Depends(_searcher)]

router = APIRouter()


@router.get("/v1/search", operation_id="search", responses=_problems(400, 422, 500, 503))
async def get_search(request: Annotated[SearchRequest, Query()], searcher: SearcherOf) -> Answer:
    """Search, with the question in the address. Repeat `repo`, `lang`, `path`, `kind` for several."""
    return await searcher.search(request.to_query())


@router.post("/v1/search", operation_id="searchByPost", responses=_problems(400, 413, 415, 422, 500, 503))
async def post_search(request: SearchRequest, searcher: SearcherOf) -> Answer:
    """Search, with the question in a JSON body: for long queries, and to keep them out of logs."""
    return await searcher.search(request.to_query())


@router.get("/v1/status", operation_id="status", responses=_problems(500, 503))
async def get_status(searcher: SearcherOf) -> Status:
    """What is being served."""
    manifest = searcher.serving.current().reader.manifest
    embedder = manifest.embedder
    return Status(
        version=version("nightdex"),
        generation=manifest.generation,
        built_at=manifest.built_at,
        embedder=f"{embedder.provider}/{embedder.model}@{embedder.digest[:12]}",
        chunks=manifest.chunks,
        repositories=len(manifest.repositories),
        stale_repositories=[state.name for state in manifest.repositories if state.stale],
    )


@router.get("/v1/repos", operation_id="repositories", responses=_problems(500, 503))
async def get_repositories(searcher: SearcherOf) -> Repositories:
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
            )
            for state in sorted(manifest.repositories, key=lambda state: state.name)
        ],
    )


@router.get("/healthz", operation_id="alive", responses=_problems(500))
async def get_health() -> Alive:
    """Whether the process answers. Says nothing about the index."""
    return Alive()


@router.get("/readyz", operation_id="ready", responses=_problems(500, 503))
async def get_readiness(searcher: SearcherOf) -> Ready:
    """Whether a search would work, found out by making one."""
    return await readiness(searcher)
