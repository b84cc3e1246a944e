"""What routes ask the application for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from model_chain.chain import Chain
from search_api.defer import Deferrer
from search_api.metrics import Metrics
from search_api.nights import Nights
from search_api.options import ApiOptions
from search_api.search import Searcher


async def _searcher(request: Request) -> Searcher:
    searcher: Searcher = request.app.state.searcher
    return searcher


async def _options(request: Request) -> ApiOptions:
    options: ApiOptions = request.app.state.options
    return options


async def _nights(request: Request) -> Nights:
    nights: Nights = request.app.state.nights
    return nights


async def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


async def _deferrer(request: Request) -> Deferrer:
    deferrer: Deferrer = request.app.state.deferrer
    return deferrer


async def _chain(request: Request) -> Chain | None:
    options: ApiOptions = request.app.state.options
    return options.chain


SearcherOf = Annotated[Searcher, Depends(_searcher)]
OptionsOf = Annotated[ApiOptions, Depends(_options)]
NightsOf = Annotated[Nights, Depends(_nights)]
MetricsOf = Annotated[Metrics, Depends(_metrics)]
DeferrerOf = Annotated[Deferrer, Depends(_deferrer)]
ChainOf = Annotated[Chain | None, Depends(_chain)]
