"""A reader that keeps a generation open for an hour of nights that prune it; pruning that cannot delete."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import time
from pathlib import Path

import pytest

from index_store.errors import IndexStoreError
from index_store.generations import generation_dir, generations_dir, list_generations
from index_store.limits import KEPT_GENERATIONS, PRUNE_AFTER_SECONDS
from model_chain.testing import FakeEmbedder
from search_api.errors import SearchError
from search_api.search import Searcher
from search_api.serving import Serving
from tests.answers import ask
from tests.soak.witness import Witness

NIGHTS = 4


def let_time_pass(state: Path) -> None:
    """Everything was superseded long enough ago to be pruned."""
    superseded = time.time() - PRUNE_AFTER_SECONDS - 1
    for generation in list_generations(state):
        os.utime(generation_dir(state, generation), (superseded, superseded))


def test_a_server_that_never_looked_up_for_an_hour_of_nights_is_right_or_says_that_it_cannot(
    tmp_path: Path,
) -> None:
    witness = Witness(tmp_path, random.Random(1))
    witness.night()

    async def scenario() -> None:
        searcher = Searcher(Serving(witness.state, lambda _: FakeEmbedder(), staying=True))
        await searcher.serving.refresh()
        before = await ask(searcher)
        for _ in range(NIGHTS):
            witness.change()
            await asyncio.to_thread(witness.night)
            let_time_pass(witness.state)
            told = None
            with contextlib.suppress(SearchError, IndexStoreError):
                told = await ask(searcher)
            gone = before.generation not in list_generations(witness.state)
            assert told == before or (gone and told is None)
        assert before.generation not in list_generations(witness.state)
        await searcher.serving.refresh()
        told = await ask(searcher)
        assert (told.generation, witness.falsehoods(told)) == (witness.acknowledged, [])
        await searcher.close()

    asyncio.run(scenario())


def test_what_cannot_be_deleted_stays_out_of_the_way_and_goes_when_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness = Witness(tmp_path, random.Random(2))
    for _ in range(KEPT_GENERATIONS):
        witness.night()
        witness.change()
    let_time_pass(witness.state)
    with monkeypatch.context() as stuck:
        rmdir = os.rmdir
        stuck.setattr(os, "rmdir", lambda path, **named: rmdir(_no_trash(path), **named))
        report = witness.night()
        assert report.outcome == "ok"
        trash = [entry.name for entry in generations_dir(witness.state).iterdir() if not entry.name.isdigit()]
        assert sorted(trash) == sorted(f".trash-{generation}" for generation in report.pruned)
        assert trash
        witness.judge("nothing could be deleted")
    witness.change()
    witness.night()
    assert all(entry.name.isdigit() for entry in generations_dir(witness.state).iterdir())
    assert witness.tally.reasons == []


def _no_trash(path: str | Path) -> str | Path:
    if ".trash-" in str(path):
        raise PermissionError(1, "Operation not permitted", str(path))
    return path
