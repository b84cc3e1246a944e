"""From a search over HTTP to the order of the next night's descriptions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from index_store.shown import ShownCounts
from indexer.night_options import DescriptionLimits
from model_chain.backends.ollama import OllamaSummariser
from model_chain.testing import FakeEmbedder
from search_api.app import create_app
from tests.integration.ollama.test_described_nights import asked, body
from tests.nights import World
from tests.pages import serving
from tests.servers.scripted_ollama import ScriptedOllama


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An index of four functions that nobody calls, without a model's descriptions."""
    world = World(tmp_path)
    world.commit("shop", {f"{name}.py": body(name) for name in ("alpha", "beta", "gamma", "delta")})
    world.night()
    yield world
    assert world.symbols()


def search(world: World, *names: str) -> None:
    """Start a server, look symbols up over HTTP, and stop it."""
    with serving(create_app(world.state, lambda _: FakeEmbedder())) as url:
        for name in names:
            found = httpx.get(f"{url}/v1/search", params={"query": name, "mode": "symbol", "limit": 1})
            assert [hit["symbol"] for hit in found.json()["hits"]] == [name]


def test_the_night_asks_first_about_what_a_stopped_server_was_searched_for(
    world: World, server: ScriptedOllama, summariser: OllamaSummariser
) -> None:
    search(world, "gamma", "delta", "gamma")
    for _ in range(2):
        world.night(describer=summariser, limits=DescriptionLimits(max_per_night=1))
    assert asked(server) == ["gamma", "delta"]


def test_a_night_forgets_the_counts_of_chunks_that_are_gone(
    world: World, summariser: OllamaSummariser
) -> None:
    search(world, "gamma", "delta")
    ids = {chunk.symbol: chunk.id for chunk in world.stored()}
    world.commit("shop", {"gamma.py": None})
    world.night(describer=summariser)
    assert ShownCounts(world.state).read() == {ids["delta"]: 1}
