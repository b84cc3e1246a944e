"""What a server does when the index below it breaks: it goes on with what it has, and recovers."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from index_store.schema import EmbedderRecord
from model_chain.protocol import Embedder
from search_api import serving
from search_api.errors import IndexNotReady
from search_api.serving import Serving
from tests.nights import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(serving, "CURRENT_POLL_S", 0.02)
    world = World(tmp_path)
    world.commit("repo", {"a.py": "def a():\n    return 1\n"})
    world.night()
    return world


async def opens(server: Serving, generation: int) -> None:
    for _ in range(1_000):
        with contextlib.suppress(IndexNotReady):
            if server.current().number == generation:
                return
        await asyncio.sleep(0.02)
    pytest.fail(f"generation {generation} was never opened")


def test_a_server_survives_a_current_that_cannot_be_read_and_follows_the_next_one(world: World) -> None:
    async def scenario() -> None:
        server = Serving(world.state, lambda _: world.embedder)
        await server.refresh()
        following = asyncio.create_task(server.follow())
        current = world.state / "CURRENT"
        current.rename(world.state / "kept")
        current.mkdir()
        await asyncio.sleep(0.2)
        assert server.current().number == 1
        current.rmdir()
        (world.state / "kept").rename(current)
        world.commit("repo", {"b.py": "def b():\n    return 1\n"})
        await asyncio.to_thread(world.night)
        await opens(server, 2)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await server.close()

    asyncio.run(scenario())


def test_a_server_survives_an_embedder_that_breaks_and_tries_again(world: World) -> None:
    broken = True

    def embedder_for(_: EmbedderRecord) -> Embedder:
        if broken:
            raise OSError("the model file cannot be read")
        return world.embedder

    async def scenario() -> None:
        nonlocal broken
        server = Serving(world.state, embedder_for)
        following = asyncio.create_task(server.follow())
        await asyncio.sleep(0.2)
        assert not following.done()
        broken = False
        await opens(server, 1)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await server.close()

    asyncio.run(scenario())
