"""A real night and the real application over one scripted Ollama whose vectors have 768 dimensions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from indexer.night_report import NightReport
from model_chain.backends.ollama import OllamaEmbedder
from nightdex.models import embedders_of
from nightdex.settings import Embedding
from search_api.app import create_app
from tests.nights import World
from tests.servers.scripted_ollama import EMBED_MODEL, IMPATIENT, ScriptedOllama

Json = dict[str, Any]


@dataclass
class LocalTier:
    """One world, indexed and asked through one Ollama."""

    world: World
    server: ScriptedOllama

    def night(self, model: str = EMBED_MODEL, **options: Any) -> NightReport:
        with closing(OllamaEmbedder(model, [self.server.url], IMPATIENT)) as embedder:
            return self.world.night(embedder=embedder, **options)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Client]:
        settings = Embedding.model_validate({"provider": "ollama", "hosts": [self.server.url]})
        app = create_app(self.world.state, embedders_of(settings))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http,
        ):
            yield Client(app, http)

    def asked(self) -> list[Json]:
        """The bodies of all calls for vectors so far."""
        return [dict(call.body) for call in list(self.server.calls) if call.route == "/api/embed"]


class Client:
    """Asks the application as an agent would."""

    def __init__(self, app: FastAPI, http: httpx.AsyncClient) -> None:
        self._app = app
        self.http = http

    async def search(self, query: str, **fields: str) -> Json:
        reply = await self.http.get("/v1/search", params={"query": query, **fields})
        assert reply.status_code == 200, reply.text
        answer: Json = reply.json()
        return answer

    async def follow(self) -> None:
        """Look at CURRENT now instead of in half a second."""
        await self._app.state.searcher.serving.refresh()
