"""The indexes that the speed benchmark asks: as large as wanted, and made of real chunks."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from benchmarks.speed import synthetic
from benchmarks.speed.literal import measure_literal
from index_store.check import check
from index_store.filters import Filter
from index_store.reader import Reader
from index_store.testing import build_generation, make_row, text_vector

WORDS = ("alpha", "beta", "gamma", "delta")
REAL = [
    make_row(path=f"src/{word}.py", symbol=f"{word}.run", text=f"{word} one\n{word} two_words\n{word} three")
    for word in WORDS
]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    build_generation(tmp_path / "real", REAL)
    synthetic.build(tmp_path / "real", tmp_path / "made", 150)
    return tmp_path


def test_an_index_of_any_size_is_whole_and_made_of_halves_of_real_chunks(built: Path) -> None:
    assert check(built / "made", 1) == []

    async def look() -> None:
        reader = await Reader.open(built / "made")
        try:
            assert len(reader.catalogue) == 150
            assert len(reader.catalogue.repos) > 1
            chunks = await reader.chunks(range(150))
            halves = {tuple(line.partition(" ")[0] for line in chunk.text.split("\n")) for chunk in chunks}
            assert halves == {(one, one, other, other) for one in WORDS for other in WORDS}
            [best, *_] = await reader.nearest("vector_code", text_vector(REAL[0].text), 5, Filter())
            assert "alpha" in chunks[best.row].text
            assert await reader.lexical("search_text", ["gamma"], 5, Filter())
        finally:
            await reader.close()

    asyncio.run(look())


def test_what_is_built_is_used_again(built: Path) -> None:
    before = (built / "made" / "generations" / "1" / "manifest.json").stat().st_mtime_ns
    synthetic.build(built / "real", built / "made", 150)
    assert (built / "made" / "generations" / "1" / "manifest.json").stat().st_mtime_ns == before


@pytest.mark.skipif(shutil.which("rg") is None, reason="there is no ripgrep")
def test_ripgrep_finds_every_word_of_the_index_in_the_texts_that_are_written(built: Path) -> None:
    for _ in range(2):  # the second uses the same files again
        took = asyncio.run(measure_literal(built / "made", str(shutil.which("rg"))))
        assert min(took.values()) > 0
    written = (built / "made" / "texts").rglob("*.txt")
    assert sum(file.read_text().count("\n") for file in written) == 150 * 4
