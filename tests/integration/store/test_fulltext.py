from __future__ import annotations

import asyncio
import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from index_store.check import check
from index_store.errors import IndexDamaged
from index_store.filters import Filter
from index_store.fulltext import LOCKS, FullText, files_of
from index_store.fulltext_writer import write_fulltext
from index_store.generations import generation_dir
from index_store.identifiers import query_terms, summary_search_text
from index_store.reader import Reader
from index_store.schema import ChunkRow, SummaryUpdate
from index_store.table import open_table
from index_store.testing import EMBEDDER, build_generation, inventory_of, make_row, states_of, text_vector
from index_store.writer import GenerationWriter
from tests.generations import asking, published

if TYPE_CHECKING:
    from lancedb.table import Table

# The files of an index that name the others.
REWRITTEN = {"meta.json", ".managed.json"}

WORDS = ("tea", "milk", "sugar", "lemon", "honey")
QUESTIONS = [["tea"], ["milk", "sugar"], ["lemon", "honey", "tea"], query_terms("a.py cup3"), ["unheard"]]
WHERE = [
    Filter(),
    Filter(repos=("shop",)),
    Filter(languages=("go",)),
    Filter(kinds=("method",), repos=("shop", "tools")),
    Filter(paths=("src/",)),
    Filter(not_paths=("a.py",)),
    Filter(scope=frozenset({"tools"}), paths=("*.py",)),
]


def cup(number: int, *, revision: int = 0) -> ChunkRow:
    """One of a few files in two repositories; a later revision is another chunk."""
    words = random.Random(f"{number} {revision}").choices(WORDS, k=number % 7 + 1)
    return make_row(
        repo=("shop", "tools")[number % 2],
        path=("a.py", "src/b.py", "src/c.go")[number % 3],
        language=("python", "python", "go")[number % 3],
        kind=("function", "method")[number % 2],
        symbol=f"cup{number}",
        text=f"def cup{number}(): {' '.join(words)}  # äöü {revision}",
        start_line=10 * number + 1,
    )


async def found(reader: Reader) -> list[set[str]]:
    """What each question finds under each filter, by id."""
    return [
        {reader.catalogue.id(match.row) for match in await reader.lexical(column, terms, 1_000, where)}
        for column in ("search_text", "summary_search_text")
        for terms in QUESTIONS
        for where in WHERE
    ]


def files(state: Path, generation: int) -> set[Path]:
    return set((generation_dir(state, generation) / "fulltext").iterdir())


def test_what_nights_changed_is_found_as_in_an_index_built_anew(tmp_path: Path) -> None:
    rows = {number: cup(number) for number in range(40)}
    nightly, anew = tmp_path / "nightly", tmp_path / "anew"
    build_generation(nightly, list(rows.values()))
    for night in range(1, 8):

        def change(writer: GenerationWriter, night: int = night) -> None:
            before = writer.savepoint()
            writer.delete_repository("shop")
            writer.add([cup(number, revision=99) for number in range(50)])
            writer.roll_back_to(before)
            number = random.Random(night).choice(list(rows))
            file = rows[number].repo, rows[number].path
            writer.delete_files(file[0], [file[1]])
            del rows[number]
            for other in (night * 2, 40 + night * 6 + number % 6):
                if other not in rows or (rows[other].repo, rows[other].path) == file:
                    rows[other] = cup(other, revision=night)
                    writer.add([rows[other]])
            writer.add([row for row in rows.values() if (row.repo, row.path) == file])
            described = random.Random(night).choice(list(rows))
            row = replace(rows[described], summary=f"Night {night} with honey.")
            terms = summary_search_text(summary=row.summary, symbol=row.symbol, path=row.path)
            rows[described] = replace(row, summary_search_text=terms)
            writer.update([SummaryUpdate(row.id, row.summary, "model@1", terms, text_vector(row.symbol))])

        generation = published(nightly, change, rows.values())
        assert check(nightly, generation) == []
    build_generation(anew, list(rows.values()))
    assert asking(nightly, found) == asking(anew, found)


@pytest.mark.parametrize("mishap", ["none", "rolled back", "written twice", "deleted", "abandoned"])
def test_a_first_night_finds_the_same_whatever_went_wrong_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mishap: str
) -> None:
    monkeypatch.setattr("index_store.writer.ROWS_PER_FRAGMENT", 4)
    rows = [cup(number) for number in range(40)]
    first, anew = tmp_path / "first", tmp_path / "anew"
    writer = GenerationWriter.begin(first, embedder=EMBEDDER, chunker="testing@1")
    writer.add(rows[:20])
    if mishap == "rolled back":
        before = writer.savepoint()
        writer.add([cup(number) for number in range(50, 60)])
        writer.roll_back_to(before)
    if mishap == "written twice":
        writer.add([replace(row, search_text="milk") for row in rows[:20]])
        writer.add(rows[:20])
    if mishap == "deleted":
        writer.delete_files(rows[0].repo, [rows[0].path])
        writer.add([row for row in rows[:20] if (row.repo, row.path) == (rows[0].repo, rows[0].path)])
    if mishap == "abandoned":
        writer.abandon()
        writer = GenerationWriter.begin(first, embedder=EMBEDDER, chunker="testing@1")
        writer.add(rows[:20])
    writer.add(rows[20:])
    for repo, inventory in inventory_of(rows).items():
        writer.set_inventory(repo, inventory)
    writer.publish(states_of(rows))
    writer.abandon()
    build_generation(anew, rows)
    assert asking(first, found) == asking(anew, found)
    assert check(first, 1) == []


def test_few_changes_leave_the_files_of_the_index_as_they_are(tmp_path: Path) -> None:
    rows = [cup(number) for number in range(30)]
    build_generation(tmp_path, rows)
    added = cup(31)
    assert published(tmp_path, lambda writer: writer.add([added]), [*rows, added]) == 2
    before = {path.name: path for path in files(tmp_path, 1)}
    after = {path.name: path for path in files(tmp_path, 2)}
    kept = before.keys() - REWRITTEN
    assert kept <= after.keys()
    assert all(after[name].samefile(before[name]) for name in kept)
    assert not any(after[name].samefile(before[name]) for name in REWRITTEN)
    assert check(tmp_path, 1) == check(tmp_path, 2) == []


def test_a_changed_file_leaves_the_index_of_the_others_as_it_is(tmp_path: Path) -> None:
    others = [cup(number) for number in range(40)]
    build_generation(tmp_path, [*others, replace(cup(40), path="alone.py")])
    changed = replace(cup(40, revision=1), path="alone.py")

    def change(writer: GenerationWriter) -> None:
        writer.delete_files("shop", ["alone.py"])
        writer.add([changed])

    published(tmp_path, change, [*others, changed])
    kept = {file.name for file in files(tmp_path, 1)} - REWRITTEN
    assert kept <= {file.name for file in files(tmp_path, 2)}


def test_deleted_chunks_do_not_pile_up(tmp_path: Path) -> None:
    rows = [cup(number) for number in range(30)]
    build_generation(tmp_path, rows)
    for night in range(1, 8):
        rows[0] = cup(0, revision=night)
        rows[3] = cup(3, revision=night)

        def change(writer: GenerationWriter) -> None:
            writer.delete_files("shop", [rows[0].path])
            writer.add([row for row in rows if (row.repo, row.path) == ("shop", rows[0].path)])

        published(tmp_path, change, rows)
    written = sum(path.stat().st_size for path in files(tmp_path, 8))
    build_generation(tmp_path / "anew", rows)
    anew = sum(path.stat().st_size for path in files(tmp_path / "anew", 1))
    assert written < 6 * anew


def test_under_another_chunker_nothing_of_the_old_files_is_kept(tmp_path: Path) -> None:
    rows = [cup(number) for number in range(9)]
    build_generation(tmp_path, rows)
    writer = GenerationWriter.begin(tmp_path, embedder=EMBEDDER, chunker="testing@2")
    writer.publish(states_of(rows))
    names = [{path.name for path in files(tmp_path, number)} for number in (1, 2)]
    assert names[0] & names[1] == REWRITTEN


def test_no_lock_is_published_however_late_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written_and_tidied_late(table: Table, folder: Path, *rest: Any) -> None:
        write_fulltext(table, folder, *rest)
        for lock in LOCKS:
            (folder / lock).touch()

    build_generation(tmp_path, [cup(1)])
    monkeypatch.setattr("index_store.writer.write_fulltext", written_and_tidied_late)
    published(tmp_path, lambda writer: writer.add([cup(2)]), [cup(1), cup(2)])
    for generation in (1, 2):
        assert not {path.name for path in files(tmp_path, generation)} & set(LOCKS)
        assert check(tmp_path, generation) == []


def test_equal_chunks_come_in_the_order_of_rows_whenever_they_were_written(tmp_path: Path) -> None:
    rows = [make_row(path=f"{name}.py", text="same", symbol="same") for name in "edcba"]
    build_generation(tmp_path, rows[:3])
    published(tmp_path, lambda writer: writer.add(rows[3:]), rows)

    async def question(reader: Reader) -> list[int]:
        return [match.row for match in await reader.lexical("search_text", ["same"], 10, Filter())]

    assert asking(tmp_path, question) == [0, 1, 2, 3, 4]


def test_a_filter_does_not_change_scores(tmp_path: Path) -> None:
    build_generation(tmp_path, [cup(number) for number in range(40)])

    async def question(reader: Reader) -> None:
        everywhere = dict(await reader.lexical("search_text", ["tea", "milk"], 100, Filter()))
        for where in WHERE:
            for row, score in await reader.lexical("search_text", ["tea", "milk"], 100, where):
                assert score == pytest.approx(everywhere[row])

    asking(tmp_path, question)


def test_reading_leaves_no_trace_in_a_published_generation(tmp_path: Path) -> None:
    build_generation(tmp_path, [cup(1)])
    asking(tmp_path, lambda reader: reader.lexical("search_text", ["cup1"], 5, Filter()))
    assert check(tmp_path, 1) == []


def test_a_damaged_index_is_refused(tmp_path: Path) -> None:
    build_generation(tmp_path, [cup(number) for number in range(9)])
    for victim in files(tmp_path, 1):
        good = victim.read_bytes()
        victim.write_bytes(good[:-2])
        with pytest.raises(IndexDamaged, match="nightdex check"):
            asyncio.run(Reader.open(tmp_path))
        victim.write_bytes(good)
    shutil.rmtree(generation_dir(tmp_path, 1) / "fulltext")
    with pytest.raises(IndexDamaged, match="nightdex check"):
        asyncio.run(Reader.open(tmp_path))


def test_a_chunk_that_the_index_lost_is_an_error_and_not_another_text(tmp_path: Path) -> None:
    build_generation(tmp_path, [cup(1)])
    fulltext = FullText(generation_dir(tmp_path, 1) / "fulltext")
    with pytest.raises(OSError, match="has no chunk 0000000000000007"):
        fulltext.texts([7])


def test_a_panic_of_tantivy_is_an_error_like_others(tmp_path: Path) -> None:
    class PanicException(BaseException):
        pass

    with pytest.raises(OSError, match="fails: assertion failed"), files_of(tmp_path):
        raise PanicException("assertion failed")
    with pytest.raises(KeyboardInterrupt), files_of(tmp_path):
        raise KeyboardInterrupt


def test_an_index_of_other_rows_is_built_anew(tmp_path: Path) -> None:
    rows = [cup(number) for number in range(20)]
    build_generation(tmp_path / "some", rows[:-2])
    build_generation(tmp_path / "all", rows)
    target = tmp_path / "fulltext"
    base = generation_dir(tmp_path / "some", 1) / "fulltext"
    write_fulltext(open_table(generation_dir(tmp_path / "all", 1)), target, base, {rows[0].id})
    fulltext = FullText(target)
    assert len(fulltext) == len(rows)
    assert fulltext.texts([int(row.id, 16) for row in rows[-2:]]) == [
        {"signature": row.signature, "text": row.text, "summary": row.summary} for row in rows[-2:]
    ]
