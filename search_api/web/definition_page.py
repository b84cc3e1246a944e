"""The page that is none: it leads from a name in code to where that is defined."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from index_store.errors import IndexStoreError
from search_api.caller import CallerOf
from search_api.dependencies import SearcherOf
from search_api.errors import SearchError
from search_api.web.definitions import UsedName, definition_address
from search_api.web.pages import problem_page

router = APIRouter(include_in_schema=False)


@router.get("/definition")
async def get_definition(
    used: Annotated[UsedName, Query()], searcher: SearcherOf, caller: CallerOf
) -> Response:
    """Lead to the definition of a name, or to a search for it where there are several."""
    try:
        async with searcher.opened() as generation:
            address = definition_address(generation.reader.catalogue, caller, used)
    except (SearchError, IndexStoreError) as error:
        return await problem_page(error, searcher, caller)
    return RedirectResponse(address, 303)
