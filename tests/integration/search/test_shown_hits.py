"""What answers show is counted in memory and written in batches."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from index_store.shown import SHOWN_NAME, ShownCounts
from search_api.shown import ShownHits
from tests.shop import ROWS, Ask, api, publish

pytestmark = pytest.mark.anyio


async def test_every_hit_of_a_page_counts_and_nothing_else(ask: Ask, tmp_path: Path) -> None:
    shown, pages = ShownHits(tmp_path), [await ask("session", limit=2, offset=offset) for offset in (0, 0, 2)]
    async with shown.saving():
        for page in pages:
            shown.count(hit.id for hit in page.hits)
    first, _, second = pages
    expected = {hit.id: 2 for hit in first.hits} | {hit.id: 1 for hit in second.hits}
    assert len(expected) > 2
    assert ShownCounts(tmp_path).read() == expected


@pytest.mark.parametrize(
    ("path", "counted"),
    [
        ("/?q=OpenVault&mode=symbol", 1),
        ("/results?q=OpenVault&mode=symbol", 1),
        ("/results?q=OpenVault&mode=symbol&typing=true", 0),
        (f"/chunk/{ROWS[0].id}", 1),
        ("/chunk/0000000000000000", 0),
        ("/", 0),
    ],
)
async def test_on_the_page_what_stays_and_what_is_opened_counts_and_not_what_passes_while_one_types(
    tmp_path: Path, path: str, counted: int
) -> None:
    publish(tmp_path, ROWS)
    async with api(tmp_path) as client:
        await client.get(path)
    assert sum(ShownCounts(tmp_path).read().values()) == counted


async def test_answers_without_hits_count_nothing(ask: Ask, tmp_path: Path) -> None:
    shown = ShownHits(tmp_path)
    async with shown.saving():
        shown.count(hit.id for hit in (await ask("nowhere_defined_at_all", mode="exact")).hits)
    assert ShownCounts(tmp_path).read() == {}


async def test_a_server_that_runs_on_writes_now_and_then(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search_api.shown.SHOWN_SAVE_S", 0.01)
    shown = ShownHits(tmp_path)
    async with shown.saving(), asyncio.timeout(20):
        shown.count(hit.id for hit in (await ask("session", limit=1)).hits)
        while not await asyncio.to_thread(ShownCounts(tmp_path).read):
            pass


async def test_what_could_not_be_written_waits_for_the_next_time_and_is_complained_of_once(
    ask: Ask, tmp_path: Path
) -> None:
    ShownCounts(tmp_path).add({"0123456789abcdef": 1})
    shown, answer = ShownHits(tmp_path), await ask("session", limit=1)
    with (
        closing(sqlite3.connect(tmp_path / SHOWN_NAME, isolation_level=None)) as other,
        capture_logs() as lines,
    ):
        other.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            async with shown.saving():
                shown.count([answer.hits[0].id])
    assert [line["event"] for line in lines] == ["shown_hits_not_counted"]
    async with shown.saving():
        pass
    assert ShownCounts(tmp_path).read() == {"0123456789abcdef": 1, answer.hits[0].id: 2}


async def test_counts_that_can_never_be_written_do_not_fill_the_memory(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search_api.shown.MAX_SHOWN_WAITING", 1)
    shown = ShownHits(tmp_path / "missing")
    async with shown.saving():
        shown.count(hit.id for hit in (await ask("session", limit=2)).hits)
    (tmp_path / "missing").mkdir()
    async with shown.saving():
        pass
    assert ShownCounts(tmp_path / "missing").read() == {}
