from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index_store.check import check
from index_store.errors import IndexDamaged, RowInvalid
from index_store.filters import Filter
from index_store.generations import current_generation, generation_dir, generations_dir
from index_store.identifiers import query_terms
from index_store.reader import Reader, StoredChunk
from index_store.schema import ChunkRow, EmbedderRecord, FileRow, SummaryUpdate
from index_store.testing import EMBEDDER, build_generation, inventory_of, make_row, states_of, text_vector
from index_store.writer import GenerationWriter


def begin(
    state: Path, *, chunker: str = "testing@1", embedder: EmbedderRecord = EMBEDDER
) -> GenerationWriter:
    return GenerationWriter.begin(state, embedder=embedder, chunker=chunker)


def stored(state: Path) -> list[StoredChunk]:
    async def read() -> list[StoredChunk]:
        reader = await Reader.open(state)
        try:
            return await reader.chunks(range(len(reader.catalogue)))
        finally:
            await reader.close()

    return asyncio.run(read())


def publish(writer: GenerationWriter, rows: Sequence[ChunkRow]) -> int:
    """Publish with the inventory that these rows amount to."""
    for repo, files in inventory_of(rows).items():
        writer.set_inventory(repo, files)
    return writer.publish(states_of(rows)).generation


ROWS = [
    make_row(
        repo=repo,
        path=path,
        text=f"def {repo}_{index}(): ...",
        symbol=f"{repo}_{index}",
        start_line=index + 1,
    )
    for repo in ("shop", "tools")
    for path in ("a.py", "b.py")
    for index in range(3)
]


def test_what_is_published_is_what_was_added(tmp_path: Path) -> None:
    manifest = build_generation(tmp_path, ROWS)
    assert (manifest.generation, manifest.chunks) == (1, len(ROWS))
    found = {chunk.id: chunk for chunk in stored(tmp_path)}
    assert found.keys() == {row.id for row in ROWS}
    row = ROWS[4]
    for name in (
        "repo",
        "path",
        "symbol",
        "text",
        "calls",
        "start_line",
        "end_line",
        "content_hash",
        "summary",
    ):
        assert getattr(found[row.id], name) == getattr(row, name)
    assert check(tmp_path, 1) == []


def test_an_empty_index_can_be_published_and_asked(tmp_path: Path) -> None:
    build_generation(tmp_path, [])

    async def ask() -> None:
        reader = await Reader.open(tmp_path)
        assert not await reader.lexical("search_text", ["a"], 5, Filter())
        assert not await reader.nearest("vector_code", text_vector("a"), 5, Filter())
        assert [batch async for batch in reader.containing(["a"], Filter(paths=("*.py",)))] == []
        await reader.close()

    asyncio.run(ask())
    assert check(tmp_path, 1) == []


def test_a_row_added_again_replaces_itself_within_and_across_nights(tmp_path: Path) -> None:
    build_generation(tmp_path, ROWS)
    writer = begin(tmp_path)
    writer.add([replace(ROWS[0], summary="zeroth"), replace(ROWS[0], summary="first")])
    writer.add([replace(ROWS[0], summary="second")])
    new = make_row(path="new.py", text="fresh")
    writer.add([new])
    publish(writer, [*ROWS, new])
    found = {chunk.id: chunk for chunk in stored(tmp_path)}
    assert len(found) == len(ROWS) + 1
    assert found[ROWS[0].id].summary == "second"


def test_deleted_files_and_repositories_are_gone(tmp_path: Path) -> None:
    build_generation(tmp_path, ROWS)
    writer = begin(tmp_path)
    writer.delete_repository("tools")
    writer.delete_files("shop", ["a.py", "a.py", "never.py"])
    writer.delete_files("shop", [])
    publish(writer, [row for row in ROWS if row.repo == "shop" and row.path == "b.py"])
    assert {(chunk.repo, chunk.path) for chunk in stored(tmp_path)} == {("shop", "b.py")}
    assert check(tmp_path, 2) == []


def test_a_file_name_is_never_part_of_a_query(tmp_path: Path) -> None:
    hostile = "a' OR '1'='1"
    rows = [*ROWS, make_row(path=hostile)]
    build_generation(tmp_path, rows)
    writer = begin(tmp_path)
    writer.delete_files("shop", [hostile])
    publish(writer, ROWS)
    assert len(stored(tmp_path)) == len(ROWS)


def test_a_night_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    build_generation(tmp_path, ROWS)
    writer = begin(tmp_path)
    for repo, files in inventory_of(ROWS).items():
        writer.set_inventory(repo, files)
    assert not writer.has_changes
    assert [entry.name for entry in generations_dir(tmp_path).iterdir()] == ["1"]
    writer.abandon()
    assert current_generation(tmp_path) == 1


def test_a_changed_inventory_is_a_change(tmp_path: Path) -> None:
    build_generation(tmp_path, ROWS)
    writer = begin(tmp_path)
    files = [*writer.base_files("shop").values(), FileRow("shop", "logo.png", "c" * 40, 9, "", 0, "binary")]
    writer.set_inventory("shop", files)
    assert writer.has_changes
    writer.publish(states_of(ROWS))
    assert begin(tmp_path).base_files("shop")["logo.png"].skip_reason == "binary"


def test_going_back_to_a_savepoint_undoes_one_repository_only(tmp_path: Path) -> None:
    build_generation(tmp_path, ROWS)
    writer = begin(tmp_path)
    kept = make_row(repo="shop", path="kept.py", text="kept")
    writer.add([kept])
    savepoint = writer.savepoint()
    writer.delete_files("tools", ["a.py", "b.py"])
    writer.add([make_row(repo="tools", path="half.py")])
    writer.set_inventory("tools", [])
    writer.roll_back_to(savepoint)
    publish(writer, [*ROWS, kept])
    assert {chunk.id for chunk in stored(tmp_path)} == {row.id for row in [*ROWS, kept]}


@pytest.mark.parametrize("before", [[], ROWS], ids=["first night", "later night"])
def test_going_back_keeps_rows_that_were_written_later_together_with_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: list[ChunkRow]
) -> None:
    monkeypatch.setattr("index_store.writer.ROWS_PER_FRAGMENT", 3)
    if before:
        build_generation(tmp_path, before)
    writer = begin(tmp_path)
    kept = [make_row(repo="kept", path=f"{number}.py") for number in range(2)]
    writer.add(kept)
    for _ in range(2):
        savepoint = writer.savepoint()
        writer.add([make_row(repo="lost", path=f"{number}.py") for number in range(4)])
        writer.roll_back_to(savepoint)
    more = [make_row(repo="more", path=f"{number}.py") for number in range(4)]
    writer.add(more)
    publish(writer, [*before, *kept, *more])
    assert {chunk.id for chunk in stored(tmp_path)} == {row.id for row in [*before, *kept, *more]}
    assert check(tmp_path, current_generation(tmp_path)) == []


def test_going_back_before_the_first_change_leaves_no_change(tmp_path: Path) -> None:
    build_generation(tmp_path, ROWS)
    writer = begin(tmp_path)
    savepoint = writer.savepoint()
    writer.add(ROWS[:1])
    writer.delete_repository("tools")
    writer.roll_back_to(savepoint)
    assert not writer.has_changes
    assert len(writer.base_files("tools")) == 2
    publish(writer, ROWS)
    assert len(stored(tmp_path)) == len(ROWS)


def test_going_back_in_a_first_build_forgets_rows_still_in_memory(tmp_path: Path) -> None:
    writer = begin(tmp_path)
    savepoint = writer.savepoint()
    writer.add(ROWS[6:])
    writer.roll_back_to(savepoint)
    writer.add(ROWS[:6])
    publish(writer, ROWS[:6])
    assert len(stored(tmp_path)) == 6


def test_rows_that_disagree_with_the_inventory_are_not_published(tmp_path: Path) -> None:
    build_generation(tmp_path, ROWS)
    writer = begin(tmp_path)
    writer.add([make_row(path="unlisted.py")])
    with pytest.raises(IndexDamaged, match=r"shop/unlisted\.py has 1 chunks; the inventory says 0"):
        writer.publish(states_of(ROWS))
    writer.abandon()
    assert current_generation(tmp_path) == 1
    assert [entry.name for entry in generations_dir(tmp_path).iterdir()] == ["1"]


@pytest.mark.parametrize(
    ("vector", "complaint"),
    [
        (np.full(16, np.nan, np.float32), "NaN"),
        (np.full(16, np.inf, np.float32), "NaN or infinity"),
        (np.zeros(16, np.float32), "zero vector"),
        (np.ones(8, np.float32), "shape"),
    ],
)
def test_a_bad_vector_is_refused(tmp_path: Path, vector: np.ndarray, complaint: str) -> None:
    writer = begin(tmp_path)
    with pytest.raises(RowInvalid, match=complaint):
        writer.add([make_row(vector_code=vector)])
    writer.abandon()


@pytest.mark.parametrize("wrong", [{"id": "nonsense"}, {"id": "F" * 16}, {"text": "half of \udc80"}])
def test_a_bad_id_or_text_is_refused(tmp_path: Path, wrong: dict[str, str]) -> None:
    writer = begin(tmp_path)
    row = replace(make_row(), **wrong)  # type: ignore[arg-type] # any field may be wrong
    with pytest.raises(RowInvalid):
        writer.add([row])
    writer.abandon()


def test_a_chunk_without_vectors_is_stored_and_found_by_its_words(tmp_path: Path) -> None:
    row = make_row(path="bare.py", text="def lonely(): ...", vector_code=None, vector_summary=None)
    build_generation(tmp_path, [*ROWS, row])

    async def ask() -> None:
        reader = await Reader.open(tmp_path)
        [match] = await reader.lexical("search_text", query_terms("lonely"), 5, Filter())
        assert reader.catalogue.id(match.row) == row.id
        assert await reader.vectors([match.row], "vector_code") == [None]
        nearest = await reader.nearest("vector_code", text_vector("x"), 100, Filter())
        assert len(nearest) == len(ROWS)
        await reader.close()

    asyncio.run(ask())


def test_vectors_of_equal_text_are_known_in_every_repository(tmp_path: Path) -> None:
    build_generation(tmp_path, [*ROWS, make_row(path="failed.py", text="failed", vector_code=None)])
    writer = begin(tmp_path)
    wanted = ROWS[0].embed_hash
    missing = make_row(text="failed").embed_hash
    assert ROWS[0].vector_code is not None
    for _ in range(2):  # searched for at first, looked up from then on
        known = writer.known_vectors([wanted, wanted, missing, "f" * 64])
        assert known.keys() == {wanted}
        np.testing.assert_allclose(known[wanted], ROWS[0].vector_code, atol=5e-4)  # half precision
    assert writer.known_vectors(["f" * 64]) == {}
    assert writer.known_vectors([]) == {}
    assert begin(tmp_path / "other").known_vectors([wanted]) == {}


def test_summaries_are_replaced_and_searched(tmp_path: Path) -> None:
    build_generation(tmp_path, ROWS)
    writer = begin(tmp_path)
    update = SummaryUpdate(ROWS[0].id, "Peels oranges.", "model@2", "peel orang", text_vector("oranges"))
    writer.update([update, replace(update, id="f" * 16)])
    writer.update([])
    writer.publish(states_of(ROWS))

    async def ask() -> None:
        reader = await Reader.open(tmp_path)
        [match] = await reader.lexical("summary_search_text", query_terms("peeling oranges"), 5, Filter())
        [nearest] = await reader.nearest("vector_summary", text_vector("oranges"), 1, Filter())
        assert nearest.row == match.row
        [chunk] = await reader.chunks([match.row])
        assert (chunk.summary, chunk.summary_source, chunk.text) == (
            "Peels oranges.",
            "model@2",
            ROWS[0].text,
        )
        before = await reader.lexical("summary_search_text", query_terms(ROWS[0].summary), 100, Filter())
        assert match.row not in {found.row for found in before}
        await reader.close()

    asyncio.run(ask())
    assert len(stored(tmp_path)) == len(ROWS)


def test_a_second_publish_of_the_same_writer_is_another_generation(tmp_path: Path) -> None:
    writer = begin(tmp_path)
    writer.add(ROWS)
    assert publish(writer, ROWS) == 1
    assert not writer.has_changes
    writer.update([SummaryUpdate(ROWS[0].id, "Later.", "model@2", "later", None)])
    assert publish(writer, ROWS) == 2
    assert check(tmp_path, 1) == check(tmp_path, 2) == []
    assert current_generation(tmp_path) == 2


def test_another_embedder_starts_from_nothing(tmp_path: Path) -> None:
    build_generation(tmp_path, ROWS)
    writer = begin(tmp_path, embedder=replace(EMBEDDER, digest="1" * 64))
    assert writer.base is None
    assert writer.base_files("shop") == {}


def test_another_chunker_makes_every_file_count_as_changed_and_keeps_the_rows(tmp_path: Path) -> None:
    build_generation(tmp_path, ROWS)
    writer = begin(tmp_path, chunker="testing@2")
    assert {row.blob_id for row in writer.base_files("shop").values()} == {""}
    writer.publish(states_of(ROWS))
    assert len(stored(tmp_path)) == len(ROWS)
    again = begin(tmp_path, chunker="testing@2")
    assert {row.blob_id for row in again.base_files("shop").values()} == {""}


def test_a_damaged_base_is_not_built_upon(tmp_path: Path) -> None:
    build_generation(tmp_path, ROWS)
    victim = next((generation_dir(tmp_path, 1) / "chunks.lance" / "data").iterdir())
    victim.write_bytes(victim.read_bytes()[:-10])
    assert begin(tmp_path).base is None


def test_unchanged_files_are_shared_between_generations(tmp_path: Path) -> None:
    build_generation(tmp_path, ROWS)
    begin(tmp_path).publish(states_of(ROWS))
    first, second = generation_dir(tmp_path, 1), generation_dir(tmp_path, 2)
    [data] = (first / "chunks.lance" / "data").iterdir()
    assert (second / data.relative_to(first)).samefile(data)


def test_many_nights_of_few_changes_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index_store.table.MAX_UNINDEXED_ROWS", 2)
    build_generation(tmp_path, ROWS)
    rows = list(ROWS)
    sizes = []
    for night in range(12):
        writer = begin(tmp_path)
        rows.append(make_row(path=f"night{night}.py", text=f"night {night}"))
        writer.add(rows[-1:])
        generation = publish(writer, rows)
        folder = generation_dir(tmp_path, generation)
        sizes.append(sum(1 for entry in folder.rglob("*") if entry.is_file()))
    assert max(sizes[9:]) <= max(sizes[:9])
    assert check(tmp_path, 13) == []


def test_a_few_changes_are_found_without_the_indexes_being_rewritten(tmp_path: Path) -> None:
    build_generation(tmp_path, ROWS)
    writer = begin(tmp_path)
    added = make_row(path="late.py", text="def unheard_of(): return serendipity")
    writer.delete_files(ROWS[0].repo, [ROWS[0].path])
    writer.add([added])
    gone = (ROWS[0].repo, ROWS[0].path)
    rows = [*(row for row in ROWS if (row.repo, row.path) != gone), added]
    for repo, files in inventory_of(rows).items():
        writer.set_inventory(repo, files)
    writer.publish(states_of(rows))
    indexes = [
        {entry.name for entry in (generation_dir(tmp_path, number) / "chunks.lance" / "_indices").iterdir()}
        for number in (1, 2)
    ]
    assert indexes[0] == indexes[1]

    async def found() -> set[str]:
        reader = await Reader.open(tmp_path)
        try:
            matches = await reader.lexical("search_text", ["serendipity"], 5, Filter())
            nearest = await reader.nearest("vector_code", text_vector(added.text), 1, Filter())
            return {reader.catalogue.id(match.row) for match in [*matches, *nearest]}
        finally:
            await reader.close()

    assert asyncio.run(found()) == {added.id}
    assert check(tmp_path, 2) == []
