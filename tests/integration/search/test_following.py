"""Generations change under a Serving; requests that run do not notice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from index_store.generations import rollback
from index_store.testing import make_row
from model_chain.testing import FakeEmbedder
from search_api.query import parse_query
from search_api.search import Searcher
from search_api.serving import Serving
from tests.shop import api, publish

pytestmark = pytest.mark.anyio


async def served(client: httpx.AsyncClient, generation: int) -> bool:
    """Whether a generation is ready within a few seconds."""
    for _ in range(100):
        if (await client.get("/readyz")).json().get("generation") == generation:
            return True
        await asyncio.sleep(0.05)
    return False


async def test_a_request_finishes_on_the_generation_it_began_with(tmp_path: Path) -> None:
    publish(tmp_path, [make_row(text="def a(): return 'old'")])
    serving = Serving(tmp_path, lambda _: FakeEmbedder())
    await serving.refresh()
    old = serving.current()
    async with old.request():
        publish(tmp_path, [make_row(text="def a(): return 'new'")])
        await serving.refresh()
        assert serving.current().number == 2
        [chunk] = await old.reader.chunks([0])
        assert "old" in chunk.text
    answer = await Searcher(serving).search(parse_query("greet"))
    assert "new" in answer.hits[0].snippet
    await serving.close()


async def test_the_first_night_and_a_rollback_are_followed(tmp_path: Path) -> None:
    async with api(tmp_path) as client:
        assert (await client.get("/readyz")).status_code == 503
        for generation in (1, 2):
            publish(tmp_path, [make_row(text=f"def a(): return {generation}")])

            assert await served(client, generation)
        rollback(tmp_path)
        assert await served(client, 1)


async def test_a_generation_that_cannot_be_opened_leaves_the_old_one_serving(tmp_path: Path) -> None:
    publish(tmp_path, [make_row()])
    async with api(tmp_path) as client:
        assert (await client.get("/readyz")).json()["generation"] == 1
        publish(tmp_path, [make_row(text="def other(): pass")])
        (tmp_path / "generations" / "2" / "manifest.json").write_text("{")
        await asyncio.sleep(1.2)
        assert (await client.get("/v1/search?query=greet")).json()["index"]["generation"] == 1
