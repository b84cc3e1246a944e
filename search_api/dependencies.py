"""What routes ask the application for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from search_api.options import ApiOptions
from search_api.search import Searcher


async def _searcher(request: Request) -> Searcher:
    searcher: Searcher = request.app.state.searcher
    return searcher


async def _options(request: Request) -> ApiOptions:
    options: ApiOptions = request.app.state.options
    return options


SearcherOf = Annotated[Searcher, Depends(_searcher)]
OptionsOf = Annotated[ApiOptions, Depends(_options)]
