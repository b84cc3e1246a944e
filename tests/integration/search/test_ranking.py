from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from index_store.schema import ChunkRow
from index_store.testing import make_row
from model_chain.testing import FakeEmbedder
from search_api.answer import Hit
from search_api.query import parse_query
from search_api.ranking.weights import DEFAULT_WEIGHTS, RankingWeights
from search_api.search import searching
from tests.shop import publish

pytestmark = pytest.mark.anyio


async def ranked(
    state_dir: Path, rows: Sequence[ChunkRow], text: str, weights: RankingWeights = DEFAULT_WEIGHTS
) -> list[Hit]:
    if not (state_dir / "CURRENT").exists():
        publish(state_dir, rows)
    async with searching(state_dir, lambda _: FakeEmbedder(), weights) as searcher:
        return list((await searcher.search(parse_query(text))).hits)


async def test_of_namesakes_the_outermost_definition_comes_first(tmp_path: Path) -> None:
    rows = [
        make_row(
            path="a/validator.go", symbol="defaultValidator.Engine", kind="method", text="func Engine()"
        ),
        make_row(path="z/gin.go", symbol="Engine", kind="struct", text="type Engine struct"),
    ]
    assert (await ranked(tmp_path, rows, "Engine"))[0].symbol == "Engine"


async def test_what_defines_a_thing_comes_before_what_extends_it(tmp_path: Path) -> None:
    rows = [
        make_row(path="a/more.rs", symbol="Content", kind="impl", text="impl Debug for Content"),
        make_row(path="z/first.rs", symbol="Content", kind="enum", text="enum Content { Bool }"),
    ]
    assert (await ranked(tmp_path, rows, "Content"))[0].kind == "enum"


async def test_a_test_block_named_after_a_symbol_does_not_define_it(tmp_path: Path) -> None:
    rows = [
        make_row(
            path="a/parse.zig", symbol="parseUrl", kind="test", text='test "parseUrl" { try parseUrl(); }'
        ),
        make_row(path="z/parse.zig", symbol="parseUrl", kind="function", text="fn parseUrl() void {}"),
    ]
    hits = await ranked(tmp_path, rows, "parseUrl")
    assert [(hit.kind, "definition" in hit.why.signals) for hit in hits] == [
        ("function", True),
        ("test", False),
    ]


async def test_a_symbol_inside_a_question_does_not_bury_what_answers_it(tmp_path: Path) -> None:
    rows = [
        make_row(path="a/pool.py", symbol="HTTPAdapter", kind="class", text="class HTTPAdapter: ..."),
        make_row(path="b/count.py", symbol="count", text="def count(): failed attempts before giving up"),
    ]
    words = replace(DEFAULT_WEIGHTS, lists=frozenset({"lexical"}))
    asked = await ranked(tmp_path, rows, "count failed attempts before giving up on an HTTPAdapter", words)
    assert [(hit.symbol, "definition" in hit.why.signals) for hit in asked] == [
        ("count", False),
        ("HTTPAdapter", True),
    ]
    assert (await ranked(tmp_path, rows, "HTTPAdapter", words))[0].symbol == "HTTPAdapter"


async def test_a_name_that_the_question_holds_entirely_comes_first(tmp_path: Path) -> None:
    text = "interface of a database dialect"
    rows = [
        make_row(path="core/SQLServerDialect.kt", symbol="SQLServerDialect", kind="class", text=text),
        make_row(path="core/ZDialectDatabase.kt", symbol="ZDialectDatabase", kind="class", text=text),
        make_row(path="core/DatabaseDialect.kt", symbol="DatabaseDialect", kind="class", text=text),
    ]
    assert (await ranked(tmp_path, rows, "database dialect"))[0].path == "core/DatabaseDialect.kt"


async def test_words_written_apart_find_a_file_that_writes_them_together(tmp_path: Path) -> None:
    rows = [
        make_row(path="web/aa.py", symbol="send", text="def send(client): return simulate(client)"),
        make_row(path="web/httpclient.py", symbol="send", text="def send(client): return simulate(client)"),
    ]
    hits = await ranked(tmp_path, rows, "how the http client simulates")
    assert hits[0].path == "web/httpclient.py"
    assert "path-stem" in hits[0].why.signals


async def test_a_folder_that_all_candidates_share_says_nothing(tmp_path: Path) -> None:
    text = "def run(request): return state(request)"
    rows = [make_row(path=f"middleware/part{n}.py", symbol="run", text=text) for n in range(20)]
    rows.append(make_row(path="web/state.py", symbol="run", text=text))
    names_above_all = replace(DEFAULT_WEIGHTS, path_stem=2.0)
    hits = await ranked(tmp_path, rows, "request state in middleware", names_above_all)
    assert hits[0].path == "web/state.py"


async def test_a_file_of_which_much_matches_comes_before_one_good_chunk(tmp_path: Path) -> None:
    hub = [
        make_row(
            path="z/hub.py", symbol=f"step{n}", start_line=1 + 9 * n, text=f"adapter factory lookup step {n}"
        )
        for n in range(8)
    ]
    rows = [*hub, make_row(path="a/leaf.py", symbol="leaf", text="adapter factory lookup leaf")]
    asked = "adapter factory lookup"
    found = [
        (await ranked(tmp_path, rows, asked, replace(DEFAULT_WEIGHTS, file_match=size)))[0]
        for size in (0.5, 0.0)
    ]
    assert [("file-match" in hit.why.signals) for hit in found] == [True, False]
    assert found[0].path == "z/hub.py"


async def test_a_newer_version_comes_first_unless_the_older_one_is_named(tmp_path: Path) -> None:
    rows = [
        make_row(path="src/v3/types.ts", symbol="Money", kind="class", text="class Money { amount }"),
        make_row(path="src/v4/types.ts", symbol="Money", kind="class", text="class Money { amount }"),
        make_row(
            repo="other", path="src/v3/bill.ts", symbol="Bill", kind="class", text="class Bill { money }"
        ),
    ]
    hits = await ranked(tmp_path, rows, "Money")
    assert [(hit.path, "older-version" in hit.why.signals) for hit in hits] == [
        ("src/v4/types.ts", False),
        ("src/v3/types.ts", True),
        ("src/v3/bill.ts", False),
    ]
    named = await ranked(tmp_path, rows, "the amount of money in v3")
    assert not any("older-version" in hit.why.signals for hit in named)


async def test_a_repository_that_the_question_names_comes_first(tmp_path: Path) -> None:
    text = "def refresh(session): return session"
    rows = [make_row(repo=repo, path="a.py", symbol="refresh", text=text) for repo in ("bank", "lazy.shop")]
    hits = await ranked(tmp_path, rows, "refreshing a session in lazy.shop")
    assert (hits[0].repo, "repository" in hits[0].why.signals) == ("lazy.shop", True)
    unnamed = await ranked(tmp_path, rows, "refreshing a session in a lazy way")
    assert not any("repository" in hit.why.signals for hit in unnamed)


async def test_of_the_parts_of_a_class_the_one_in_the_file_of_its_name_comes_first(tmp_path: Path) -> None:
    rows = [
        make_row(path=path, symbol="Mapper", kind="class", text="partial class Mapper { }")
        for path in ("Mapper.Async.cs", "Mapper.Readers.cs", "Mapper.cs")
    ]
    assert (await ranked(tmp_path, rows, "Mapper"))[0].path == "Mapper.cs"
