from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest

from model_chain.protocol import Embedder
from model_chain.testing import FakeEmbedder
from search_api.answer import Answer
from search_api.query import parse_query
from search_api.search import searching
from tests.shop import ROWS, Ask, api, publish, shop_states


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory with two repositories, of which bank is stale. Not to be changed."""
    state_dir = tmp_path_factory.mktemp("shop")
    publish(state_dir, ROWS, shop_states())
    return state_dir


@pytest.fixture
def ask(shop: Path) -> Ask:
    """Ask the shop index: a text, then the fields of a query, or `scope`, or another `embedder`."""

    async def answer(
        text: str,
        *,
        scope: Sequence[str] | None = None,
        embedder: Embedder | None = None,
        **fields: object,
    ) -> Answer:
        query = parse_query(text, **fields)  # type: ignore[arg-type] # a test may give wrong ones
        async with searching(shop, lambda _: embedder or FakeEmbedder()) as searcher:
            return await searcher.search(query, scope)

    return answer


@pytest.fixture
async def client(shop: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The API over the shop index, through ASGI."""
    async with api(shop) as connected:
        yield connected
