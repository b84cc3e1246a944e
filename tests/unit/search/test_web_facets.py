from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from index_store.reader import Reader
from index_store.testing import build_generation, make_row
from search_api.web.facets import Tally


@pytest.fixture
def tally(tmp_path: Path) -> Tally:
    rows = [
        make_row(repo=repo, path=f"{number}.x", language=language, kind="function")
        for number, (repo, language) in enumerate(
            (("bank", "go"), ("bank", "go"), ("shop", "python"), ("shop", ""))
        )
    ]
    build_generation(tmp_path, rows)

    async def read() -> Tally:
        reader = await Reader.open(tmp_path)
        try:
            return Tally.of(reader.catalogue)
        finally:
            await reader.close()

    return asyncio.run(read())


def test_everything_is_counted_for_who_may_see_everything(tally: Tally) -> None:
    facets = tally.within(None)
    assert facets.repos == {"bank": 2, "shop": 2}
    assert facets.languages["go"] == 2
    assert facets.kinds == {"function": 4}


def test_nothing_outside_of_the_scope_is_counted_or_named(tally: Tally) -> None:
    facets = tally.within(["bank"])
    assert facets.repos == {"bank": 2}
    assert facets.languages == {"go": 2}
    assert facets.kinds == {"function": 2}
    assert tally.within([]).kinds == {}


def test_a_file_without_a_language_adds_nothing_to_filter_by(tally: Tally) -> None:
    assert "" not in tally.within(None).languages
