from __future__ import annotations

import asyncio
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index_store.errors import (
    FormatTooNew,
    FormatTooOld,
    GenerationMissing,
    IndexDamaged,
    NoIndex,
    VectorInvalid,
)
from index_store.filters import Filter
from index_store.generations import generation_dir
from index_store.identifiers import query_terms
from index_store.reader import Reader
from index_store.testing import build_generation, make_row, text_vector
from tests.generations import asking

# Vectors are stored as half-precision floats.
HALF_PRECISION = 5e-4

FILES = (("src/load.py", "python"), ("src/auth/session.go", "go"), ("docs/it's [new]/a.md", "markdown"))

ROWS = [
    make_row(
        repo=repo,
        path=path,
        language=language,
        kind=kind,
        symbol=f"{repo.title()}.Load{number}",
        text=f"def load{number}(): use({repo}, 'it''s', 100%_\\)\n# {path}",
        start_line=10 * number + 1,
        part=0,
    )
    for repo in ("shop", "tools", "a' OR '1'='1")
    for path, language in FILES
    for number, kind in ((2, "method"), (1, "function"))
]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("state")
    build_generation(state, ROWS)
    return state


async def everything(reader: Reader, where: Filter) -> set[int]:
    return {row async for batch in reader.containing([], where) for row, _ in batch}


def test_rows_are_in_order_of_repository_path_and_line(state: Path) -> None:
    async def question(reader: Reader) -> None:
        columns = reader.catalogue
        places = [
            (columns.repo[row], columns.path[row], columns.start_line[row]) for row in range(len(columns))
        ]
        assert places == sorted((row.repo, row.path, row.start_line) for row in ROWS)
        chunks = await reader.chunks(range(len(columns)))
        assert [(chunk.repo, chunk.path, chunk.start_line) for chunk in chunks] == places
        assert [chunk.row for chunk in chunks] == list(range(len(columns)))

    asking(state, question)


def test_the_catalogue_agrees_with_the_rows(state: Path) -> None:
    async def question(reader: Reader) -> None:
        columns = reader.catalogue
        for stored in ROWS:
            row = columns.by_id(stored.id)
            assert row is not None
            assert columns.id(row) == stored.id
            for name in (
                "repo",
                "path",
                "language",
                "kind",
                "symbol",
                "name",
                "start_line",
                "end_line",
                "part",
            ):
                assert getattr(columns, name)[row] == getattr(stored, name)
            assert row in columns.by_path(stored.repo, stored.path)
        assert [columns.start_line[row] for row in columns.by_path("shop", "src/load.py")] == [11, 21]
        assert len(columns.by_name("Load1")) == 9
        assert columns.by_name("load1") == []
        assert columns.by_folded_name("LOAD1") == columns.by_name("Load1")
        assert columns.repos == sorted({row.repo for row in ROWS})
        for unknown in ("f" * 16, "not an id", "", "-1", "1" * 40):
            assert columns.by_id(unknown) is None
        assert columns.by_path("shop", "gone.py") == columns.by_path("gone", "src/load.py") == range(0)
        assert columns.by_folded_name("gone") == columns.by_folded_name("") == []

    asking(state, question)


def test_a_chunk_is_nearest_to_its_own_vector(state: Path) -> None:
    async def question(reader: Reader) -> None:
        stored = ROWS[5]
        best, *others = await reader.nearest("vector_code", text_vector(stored.text), 50, Filter())
        assert reader.catalogue.id(best.row) == stored.id
        assert best.score == pytest.approx(1.0, abs=HALF_PRECISION)
        assert len(others) == len(ROWS) - 1
        assert [best.score, *(m.score for m in others)] == sorted(
            (m.score for m in (best, *others)), reverse=True
        )
        [vector] = await reader.vectors([best.row], "vector_code")
        assert vector is not None
        np.testing.assert_allclose(vector, text_vector(stored.text), atol=HALF_PRECISION)

    asking(state, question)


def test_words_find_the_chunks_that_hold_them_best_first(state: Path) -> None:
    async def question(reader: Reader) -> None:
        found = await reader.lexical("search_text", query_terms("session.go load2"), 50, Filter())
        assert reader.catalogue.path[found[0].row] == "src/auth/session.go"
        assert reader.catalogue.name[found[0].row] == "Load2"
        assert not await reader.lexical("search_text", [], 50, Filter())
        assert not await reader.lexical("search_text", ["unheard"], 50, Filter())
        assert not await reader.lexical("search_text", ['"', "AND", "load2~", "(*"], 50, Filter())

    asking(state, question)


@pytest.mark.parametrize("fragment", ["it''s", "100%_\\", "use(tools", "\n# docs/it's [new]", "' OR '1'='1"])
def test_a_literal_is_found_as_it_stands(state: Path, fragment: str) -> None:
    async def question(reader: Reader) -> set[int]:
        return {row async for batch in reader.containing([fragment, "def "], Filter()) for row, _ in batch}

    expected = sum(fragment in row.text for row in ROWS)
    assert expected
    assert len(asking(state, question)) == expected


def test_a_hostile_filter_value_is_only_a_value(state: Path) -> None:
    hostile = "a' OR '1'='1"

    async def question(reader: Reader) -> None:
        columns = reader.catalogue
        for where in (Filter(repos=(hostile,)), Filter(scope=frozenset({hostile}))):
            rows = await everything(reader, where)
            assert {columns.repo[row] for row in rows} == {hostile}
            found = await reader.lexical("search_text", ["load1"], 100, where)
            assert {columns.repo[match.row] for match in found} == {hostile}
        for where in (
            Filter(repos=("x' OR '1'='1",)),
            Filter(languages=("python' OR true --",)),
            Filter(kinds=("') OR 1=1; --",)),
            Filter(paths=("x') OR ('1'='1",)),
        ):
            assert await everything(reader, where) == set()
            assert not await reader.nearest("vector_code", text_vector("x"), 100, where)

    asking(state, question)


def test_the_scope_holds_whatever_else_is_asked(state: Path) -> None:
    async def question(reader: Reader) -> None:
        for where in (
            Filter(scope=frozenset({"shop"}), repos=("tools",)),
            Filter(scope=frozenset()),
            Filter(scope=frozenset({"gone"})),
        ):
            assert await everything(reader, where) == set()
            assert not await reader.lexical("search_text", ["load1"], 100, where)
            assert not await reader.nearest("vector_code", text_vector("x"), 100, where)

    asking(state, question)


some = st.lists
PATTERNS = ["*.py", "src/", "/src", "auth", "docs/**", "it's", "[new]", "x"]
FILTERS = st.builds(
    Filter,
    scope=st.none() | st.frozensets(st.sampled_from([*{row.repo for row in ROWS}, "gone"])),
    repos=some(st.sampled_from(["shop", "tools", "a' OR '1'='1", "gone"]), max_size=3).map(tuple),
    languages=some(st.sampled_from(["python", "go", "markdown", "cobol"]), max_size=2).map(tuple),
    kinds=some(st.sampled_from(["method", "function", "class"]), max_size=2).map(tuple),
    paths=some(st.sampled_from(PATTERNS), max_size=2).map(tuple),
    not_paths=some(st.sampled_from(["*.go", "src/load", "session", "*"]), max_size=1).map(tuple),
)  # fmt: skip


def test_the_store_and_the_catalogue_admit_the_same_rows(state: Path) -> None:
    with asyncio.Runner() as runner:
        reader = runner.run(Reader.open(state))

        @settings(max_examples=60)
        @given(FILTERS)
        def agree(where: Filter) -> None:
            columns = reader.catalogue
            admitted = {row for row in range(len(columns)) if where.admits(columns, row)}
            assert runner.run(everything(reader, where)) == admitted
            nearest = runner.run(reader.nearest("vector_code", text_vector("x"), len(columns), where))
            assert {match.row for match in nearest} == admitted

        agree()
        runner.run(reader.close())


@pytest.mark.parametrize(
    ("vector", "complaint"),
    [
        (np.ones(8, np.float32), "16"),
        (np.ones((1, 16), np.float32), "shape"),
        (np.zeros(16, np.float32), "zero"),
        (np.full(16, np.nan, np.float32), "NaN"),
        (np.full(16, np.inf, np.float32), "infinity"),
    ],
)
def test_a_vector_the_index_cannot_answer_is_refused(state: Path, vector: np.ndarray, complaint: str) -> None:
    with pytest.raises(VectorInvalid, match=complaint):
        asking(state, lambda reader: reader.nearest("vector_code", vector, 5, Filter()))


@pytest.mark.parametrize("most_in_place", [0, 1_000_000])
def test_many_questions_at_once_get_their_own_answers(
    state: Path, most_in_place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index_store.reader.MAX_ROWS_SCANNED_IN_PLACE", most_in_place)

    async def question(reader: Reader) -> None:
        async def own(row: int) -> None:
            text = ROWS[row].text
            [match] = await reader.nearest("vector_code", text_vector(text), 1, Filter())
            assert reader.catalogue.id(match.row) == ROWS[row].id
            [chunk] = await reader.chunks([match.row])
            assert chunk.text == text

        await asyncio.gather(*(own(index % len(ROWS)) for index in range(120)))

    asking(state, question)


def test_thirty_readers_leave_no_file_open(state: Path) -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counting, not walking

    async def open_and_close(times: int) -> None:
        for _ in range(times):
            reader = await Reader.open(state)
            await reader.lexical("search_text", ["load1"], 5, Filter())
            await reader.nearest("vector_code", text_vector("x"), 5, Filter())
            await reader.chunks([0])
            await reader.close()
            await reader.close()

    asyncio.run(open_and_close(2))
    baseline = descriptors()
    asyncio.run(open_and_close(30))
    assert descriptors() <= baseline


def test_what_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoIndex, match="nightdex run") as raised:
        asyncio.run(Reader.open(tmp_path / "nowhere"))
    assert raised.value.exit_status == 10
    assert not (tmp_path / "nowhere").exists()
    build_generation(tmp_path, ROWS[:1])
    with pytest.raises(GenerationMissing, match="no generation 7; there is 1"):
        asyncio.run(Reader.open(tmp_path, 7))
    manifest = generation_dir(tmp_path, 1) / "manifest.json"
    good = manifest.read_bytes()
    manifest.write_bytes(good.replace(b'"format_version": 3', b'"format_version": 4'))
    with pytest.raises(FormatTooNew, match="upgrade nightdex"):
        asyncio.run(Reader.open(tmp_path))
    manifest.write_bytes(good.replace(b'"format_version": 3', b'"format_version": 2'))
    with pytest.raises(FormatTooOld, match="nightdex run") as raised_for_age:
        asyncio.run(Reader.open(tmp_path))
    assert raised_for_age.value.exit_status == 10
    manifest.write_bytes(good[:-20])
    with pytest.raises(IndexDamaged, match="nightdex rollback"):
        asyncio.run(Reader.open(tmp_path))
