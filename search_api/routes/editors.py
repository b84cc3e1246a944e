"""For editors and assistants with a protocol of their own."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from search_api.caller import CallerOf
from search_api.dependencies import SearcherOf
from search_api.limits import CONTINUE_HITS
from search_api.problem import BODY_STATUSES, problems
from search_api.query import parse_query
from search_api.reading import read_chunk

router = APIRouter()


class ContinueRequest(BaseModel):
    """What Continue's HTTP context provider sends; fields it may add later are ignored."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"query": "token", "fullInput": "@nightdex token"}]}
    )

    query: str = Field(default="", description="What stands after the provider's name.", examples=["token"])
    full_input: str = Field(
        default="", alias="fullInput", description="The whole message; asked for where `query` is blank."
    )


class ContinueItem(BaseModel):
    """One piece of context."""

    name: str
    description: str
    content: str


@router.post("/continue", operation_id="continue", responses=problems(*BODY_STATUSES))
async def post_continue(
    request: ContinueRequest, searcher: SearcherOf, caller: CallerOf
) -> list[ContinueItem]:
    """Context for Continue's HTTP provider, best first."""
    query = parse_query(request.query if request.query.strip() else request.full_input, limit=CONTINUE_HITS)
    answer = await searcher.search(query, caller.scope)
    async with searcher.opened() as generation:
        chunks = [
            await read_chunk(generation, caller, hit.id)
            for hit in answer.hits
            if generation.reader.catalogue.by_id(hit.id) is not None
        ]
    return [
        ContinueItem(
            name=f"{chunk.repo}/{chunk.path}:{chunk.start_line}-{chunk.end_line}",
            description=chunk.summary or chunk.symbol,
            content=chunk.text,
        )
        for chunk in chunks
    ]
