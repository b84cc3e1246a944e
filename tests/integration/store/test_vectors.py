from __future__ import annotations

import asyncio
import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index_store.check import check
from index_store.errors import IndexDamaged
from index_store.filters import Filter
from index_store.generations import generation_dir
from index_store.known import sorted_ids
from index_store.matches import Match
from index_store.reader import Reader
from index_store.schema import ChunkRow, VectorUpdate
from index_store.table import open_table
from index_store.testing import EMBEDDER, build_generation, make_row, text_vector
from index_store.vectors_writer import write_vectors
from index_store.writer import GenerationWriter
from tests.generations import asking, published

WHERE = [
    Filter(),
    Filter(repos=("shop",)),
    Filter(paths=("src/",), repos=("tools",)),
    Filter(paths=("nowhere/",)),
]


def leaf(number: int, *, revision: int = 0) -> ChunkRow:
    """One of a few files in two repositories; every ninth has no vector of its code."""
    text = f"def leaf{number}(): return {revision}"
    return make_row(
        repo=("shop", "tools")[number % 2],
        path=("a.py", "src/b.py", "src/c.py")[number % 3],
        symbol=f"leaf{number}",
        text=text,
        start_line=10 * number + 1,
        vector_code=None if number % 9 == 8 else text_vector(text),
    )


async def answers(reader: Reader) -> list[list[Match]]:
    return [
        list(await reader.nearest(column, text_vector(text), 7, where))
        for column in ("vector_code", "vector_summary")
        for text in ("leaf", leaf(5).text)
        for where in WHERE
    ]


def files(state: Path, generation: int) -> list[str]:
    return sorted(file.name for file in (generation_dir(state, generation) / "vectors").iterdir())


@pytest.fixture(params=[4, 32_768], autouse=True)
def _blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index_store.vectors_writer.CODES_PER_BLOCK", request.param)


def test_the_nearest_are_those_of_a_comparison_with_every_vector(tmp_path: Path) -> None:
    rows = [leaf(number) for number in range(40)]
    build_generation(tmp_path, rows)

    async def question(reader: Reader) -> None:
        everything = range(len(reader.catalogue))
        stored = await reader.vectors(everything, "vector_code")
        assert sum(vector is None for vector in stored) == sum(row.vector_code is None for row in rows)
        for text in ("leaf", "tree"):
            wanted = text_vector(text)
            cosines = {row: float(vector @ wanted) for row, vector in enumerate(stored) if vector is not None}
            expected = sorted(cosines, key=lambda row: (-round(cosines[row], 6), row))[:7]
            found = await reader.nearest("vector_code", wanted, 7, Filter())
            assert [match.row for match in found] == expected
            assert [match.score for match in found] == pytest.approx(
                [cosines[row] for row in expected], abs=1e-5
            )

    asking(tmp_path, question)


def test_what_nights_changed_is_answered_as_by_files_written_anew(tmp_path: Path) -> None:
    rows = {number: leaf(number) for number in range(40)}
    nightly, anew = tmp_path / "nightly", tmp_path / "anew"
    build_generation(nightly, list(rows.values()))
    most = 0
    for night in range(1, 8):

        def change(writer: GenerationWriter, night: int = night) -> None:
            number = random.Random(night).choice(list(rows))
            file = rows[number].repo, rows[number].path
            writer.delete_files(file[0], [file[1]])
            del rows[number]
            changed = random.Random(-night).choice(list(rows))
            if (rows[changed].repo, rows[changed].path) == file:
                rows[changed] = leaf(changed, revision=night)
            rows[40 + night] = leaf(40 + night)
            writer.add([rows[40 + night]])
            writer.add([row for row in rows.values() if (row.repo, row.path) == file])
            without = next((row for row in rows.values() if row.vector_code is None), None)
            if without:
                late = text_vector(f"late {night}")
                writer.update([VectorUpdate(without.id, late, without.vector_summary)])
                key = next(number for number, row in rows.items() if row is without)
                rows[key] = replace(without, vector_code=late)

        generation = published(nightly, change, rows.values())
        assert check(nightly, generation) == []
        most = max(most, len(files(nightly, generation)))
    build_generation(anew, list(rows.values()))
    assert asking(nightly, answers) == asking(anew, answers)
    assert 1 < most < 5


def test_few_changes_are_one_small_file_more(tmp_path: Path) -> None:
    rows = [leaf(number) for number in range(30)]
    build_generation(tmp_path, rows)
    added = leaf(31)
    published(tmp_path, lambda writer: writer.add([added]), [*rows, added])
    folders = [generation_dir(tmp_path, number) / "vectors" for number in (1, 2)]
    assert files(tmp_path, 2) == ["1.arrow", "2.arrow"]
    assert (folders[0] / "1.arrow").samefile(folders[1] / "1.arrow")
    again = leaf(33)
    published(tmp_path, lambda writer: writer.add([again]), [*rows, added, again])
    assert files(tmp_path, 3) == ["1.arrow", "3.arrow"]


def test_a_chunk_that_went_and_came_back_is_answered_by_its_last_vector(tmp_path: Path) -> None:
    rows = [leaf(number) for number in range(12)]
    build_generation(tmp_path, rows)
    rest = [row for row in rows if row.repo != "shop"]
    published(tmp_path, lambda writer: writer.delete_repository("shop"), rest)
    back = replace(rows[0], vector_code=text_vector("back"))
    published(tmp_path, lambda writer: writer.add([back]), [*rest, back])

    async def question(reader: Reader) -> float:
        [match] = await reader.nearest("vector_code", text_vector("back"), 1, Filter())
        assert reader.catalogue.id(match.row) == back.id
        return match.score

    assert asking(tmp_path, question) == pytest.approx(1, abs=1e-3)


def test_without_any_vector_nothing_is_nearest(tmp_path: Path) -> None:
    build_generation(tmp_path / "none", [make_row(vector_code=None, vector_summary=None)])
    assert asking(tmp_path / "none", answers) == [[]] * 16
    build_generation(tmp_path / "empty", [])
    assert asking(tmp_path / "empty", answers) == [[]] * 16


def test_files_of_other_rows_are_written_anew(tmp_path: Path) -> None:
    rows = [leaf(number) for number in range(20)]
    build_generation(tmp_path / "some", rows[:-2])
    build_generation(tmp_path / "all", rows)
    target = generation_dir(tmp_path / "all", 1) / "vectors"
    base = generation_dir(tmp_path / "some", 1) / "vectors"
    expected = asking(tmp_path / "all", answers)
    table = open_table(target.parent)
    write_vectors(table, sorted_ids(table), target, base, {rows[0].id}, dimension=EMBEDDER.dimension)
    assert [file.name for file in target.iterdir()] == ["1.arrow"]
    assert asking(tmp_path / "all", answers) == expected


def test_damaged_or_missing_files_are_refused(tmp_path: Path) -> None:
    rows = [leaf(number) for number in range(9)]
    build_generation(tmp_path, rows)
    victim = generation_dir(tmp_path, 1) / "vectors" / "1.arrow"
    good = victim.read_bytes()
    for bad in (good[:-10], b"", good[:8] + bytes(len(good) - 8)):
        victim.write_bytes(bad)
        with pytest.raises(IndexDamaged, match="nightdex check"):
            asyncio.run(Reader.open(tmp_path))
    victim.unlink()
    with pytest.raises(IndexDamaged, match="holds no vectors of 9 chunks"):
        asyncio.run(Reader.open(tmp_path))
    shutil.rmtree(victim.parent)
    with pytest.raises(IndexDamaged, match="nightdex check"):
        asyncio.run(Reader.open(tmp_path))


def test_vectors_come_back_in_half_precision_in_the_order_asked_for(tmp_path: Path) -> None:
    rows = [leaf(number) for number in range(12)]
    build_generation(tmp_path, rows)

    async def question(reader: Reader) -> None:
        wanted = [7, 3, 3, 0]
        by_id = {row.id: row for row in rows}
        for row, vector in zip(wanted, await reader.vectors(wanted, "vector_summary"), strict=True):
            assert vector is not None
            given = by_id[reader.catalogue.id(row)].vector_summary
            assert given is not None
            assert np.abs(vector - given).max() < 5e-4
        assert await reader.vectors([], "vector_code") == []

    asking(tmp_path, question)
