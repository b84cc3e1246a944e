"""A small index of two repositories, and the API over it, for tests of what is served."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import httpx
from fastapi import FastAPI
from starlette.routing import Route

from index_store.schema import ChunkRow, EmbedderRecord, Manifest, RepositoryState
from index_store.testing import build_generation, make_row, states_of
from model_chain.protocol import Embedder
from model_chain.testing import FakeEmbedder
from search_api.answer import Answer
from search_api.app import create_app
from search_api.options import DEFAULT_OPTIONS, ApiOptions
from search_api.routes import ROUTERS

Ask = Callable[..., Awaitable[Answer]]


def record_of(embedder: Embedder) -> EmbedderRecord:
    have = embedder.fingerprint
    return EmbedderRecord(have.provider, have.model, have.digest, have.dimension, have.prefix_scheme)


def publish(
    state_dir: Path,
    rows: Sequence[ChunkRow],
    states: Sequence[RepositoryState] | None = None,
    embedder: Embedder | None = None,
) -> Manifest:
    """Publish rows with vectors, by default of the fake embedder."""
    embedder = embedder or FakeEmbedder()
    embedded = [
        replace(
            row,
            vector_code=embedder.embed_query(row.text),
            vector_summary=embedder.embed_query(row.summary),
        )
        for row in rows
    ]
    return build_generation(state_dir, embedded, states, embedder=record_of(embedder))


REFRESH = """def refresh(self, token):
    # Exchange an expired token for a new one.
    fresh = self.store.exchange(token)
    self.expires = fresh.expires
    return fresh"""

ROWS = (
    make_row(
        path="src/auth/session.py", symbol="Session.refresh", kind="method", start_line=41, text=REFRESH,
        summary="Exchanges an expired token for a fresh one.",
        signature="def refresh(self, token)",
    ),
    make_row(path="src/auth/session.py", symbol="Session.close", kind="method", start_line=60,
             text="def close(self):\n    self.store.close()", summary="Closes the store."),
    make_row(path="src/auth/session.py", symbol="Session", kind="class", start_line=10,
             text="class Session:\n    '''A login session.'''", summary="A login session."),
    make_row(path="tests/test_session.py", symbol="test_refresh", start_line=5,
             text="def test_refresh():\n    assert Session().refresh('token').expires",
             summary="Checks that a token is refreshed."),
    make_row(path="src/web/session.js", symbol="renewToken", language="javascript", start_line=3,
             text="function renewToken(token) {\n  return post('/renew', token)\n}",
             summary="Renews a token."),
    make_row(path="src/cart.py", symbol="Cart.total", kind="method", start_line=8,
             text="def total(self):\n    return sum(item.price for item in self.items)",
             summary="Adds the prices up."),
    make_row(path="docs/guide.md", symbol="Session", language="markdown", kind="section", start_line=1,
             text="# Session\nHow sessions work.", summary="How sessions work."),
    make_row(repo="bank", path="src/vault.go", symbol="OpenVault", language="go", start_line=9,
             text="func OpenVault(secret string) error {\n\treturn unlock(secret)\n}",
             summary="Opens the vault with a secret."),
)  # fmt: skip


CARDS = (
    make_row(
        repo="cards", path="deploy.md", symbol="Deploying on Fridays", language="markdown", kind="section",
        text="# Deploying on Fridays\nWe decided never to deploy on Fridays.",
        summary="No deploys on Fridays.",
    ),
)  # fmt: skip


def shop_states(rows: Sequence[ChunkRow] = ROWS) -> list[RepositoryState]:
    """The repositories of these rows, of which bank is stale."""
    return [
        replace(state, stale=state.name == "bank", stale_reason="gone" if state.name == "bank" else "")
        for state in states_of(rows)
    ]


class api:  # noqa: N801 - reads like a function where it is used
    """An HTTP client of an application that runs its lifespan; errors come back as replies."""

    def __init__(self, state_dir: Path, options: ApiOptions = DEFAULT_OPTIONS) -> None:
        self._app = create_app(state_dir, lambda _: FakeEmbedder(), options)

    async def __aenter__(self) -> httpx.AsyncClient:
        self._lifespan = self._app.router.lifespan_context(self._app)
        await self._lifespan.__aenter__()
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")
        return self._client

    async def __aexit__(self, *exception: object) -> None:
        await self._client.aclose()
        await self._lifespan.__aexit__(None, None, None)


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    """Every (method, path pattern) that an application answers, whatever made the route."""
    return {
        (method, route.path)
        for route in chain(app.routes, *(router.routes for router in ROUTERS))
        if isinstance(route, Route)
        for method in route.methods or ()
        if method not in {"HEAD", "OPTIONS"}
    }
