"""Reading files and finding symbols, from the index."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from search_api.caller import CallerOf
from search_api.conditional import Conditional, conditional, forget_tag
from search_api.dependencies import SearcherOf
from search_api.reading import IndexedFile, read_file
from search_api.schemas import FileRequest, Symbol, SymbolRequest, Symbols

router = APIRouter()


@router.get("/v1/file", operation_id="file", responses=conditional(400, 404, 422))
async def get_file(
    request: Annotated[FileRequest, Query()], searcher: SearcherOf, caller: CallerOf, _: Conditional
) -> IndexedFile:
    """Read a file as it was indexed, with its chunks; never from disk. Long files come in pages of lines."""
    async with searcher.opened() as generation:
        return await read_file(
            generation, caller, request.repo, request.path, first=request.start_line, last=request.end_line
        )


@router.get("/v1/symbols", operation_id="symbols", responses=conditional(400, 422))
async def get_symbols(
    request: Annotated[SymbolRequest, Query()], searcher: SearcherOf, caller: CallerOf, response: Conditional
) -> Symbols:
    """Find definitions by name, qualified name or the beginning of a name."""
    answer = await searcher.search(request.to_query(), caller.scope)
    if answer.degraded:
        forget_tag(response)
    return Symbols(
        index=answer.index,
        symbols=[Symbol.of(hit) for hit in answer.hits],
        next_offset=answer.next_offset,
    )
