from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index_store.errors import NoIndex
from index_store.testing import make_row
from model_chain.testing import FakeEmbedder
from search_api.answer import Answer
from search_api.errors import PatternInvalid
from search_api.query import parse_query
from search_api.ranking.weights import DEFAULT_WEIGHTS
from search_api.search import searching
from tests.shop import REFRESH, Ask, publish

pytestmark = pytest.mark.anyio


def symbols(answer: Answer) -> list[str]:
    return [hit.symbol for hit in answer.hits]


async def test_a_hit_carries_everything_design_promises(ask: Ask) -> None:
    answer = await ask("exchange an expired token")
    hit = answer.hits[0]
    assert (hit.repo, hit.path, hit.start_line, hit.end_line) == ("shop", "src/auth/session.py", 41, 45)
    assert (hit.symbol, hit.kind, hit.language) == ("Session.refresh", "method", "python")
    assert hit.signature == "def refresh(self, token)"
    assert hit.summary == "Exchanges an expired token for a fresh one."
    assert hit.snippet == REFRESH
    assert hit.commit == "c" * 40
    assert not hit.stale
    assert len(hit.id) == 16
    assert hit.why.lexical == 1
    assert hit.why.code is not None
    assert answer.index.generation == 1
    assert answer.index.embedder == "fake/hashed-words@000000000000"
    assert answer.degraded == ()
    assert answer.took_ms > 0


async def test_hits_of_a_stale_repository_say_so(ask: Ask) -> None:
    answer = await ask("OpenVault")
    assert answer.hits[0].stale


@pytest.mark.parametrize("mode", ["raw", "summary", "hybrid"])
async def test_each_mode_asks_its_own_lists(ask: Ask, mode: str) -> None:
    answer = await ask("expired token", mode=mode)
    lists = {"code", "summary", "lexical", "description"}
    asked = {name for name in lists if any(getattr(hit.why, name) for hit in answer.hits)}
    assert asked == {"raw": {"code", "lexical"}, "summary": {"summary", "lexical"}}.get(mode, lists)


async def test_the_definition_of_a_named_symbol_comes_first(ask: Ask) -> None:
    answer = await ask("Session.refresh")
    assert answer.hits[0].symbol == "Session.refresh"
    assert "definition" in answer.hits[0].why.signals


async def test_a_heading_of_the_same_name_is_not_a_definition(ask: Ask) -> None:
    answer = await ask("Session")
    assert (answer.hits[0].kind, answer.hits[0].path) == ("class", "src/auth/session.py")


async def test_tests_are_pressed_down_unless_asked_for(ask: Ask) -> None:
    pressed = await ask("refresh token expires")
    wanted = await ask("test for refresh token expires")
    penalised = {hit.symbol for hit in pressed.hits if "test-penalty" in hit.why.signals}
    assert penalised == {"test_refresh"}
    assert wanted.hits[0].symbol == "test_refresh"


async def test_what_runs_tests_comes_before_tests_of_it(tmp_path: Path) -> None:
    runner = make_row(path="src/run.py", symbol="run", text="def run(tests):\n    for test in tests: test()")
    its_test = make_row(
        path="tests/run.py", symbol="runs", text="def runs(tests):\n    for test in tests: test()"
    )
    publish(tmp_path, [its_test, runner])
    async with searching(tmp_path, lambda _: FakeEmbedder()) as searcher:
        asked = await searcher.search(parse_query("how tests run"))
        described = await searcher.search(parse_query("Tests run in order."))
    assert asked.hits[0].path == "src/run.py"
    assert [name for hit in described.hits for name in hit.why.signals if name == "test-penalty"] == []


async def test_text_in_no_known_language_is_pressed_down_unless_documentation_is_asked_for(
    tmp_path: Path,
) -> None:
    text = "Sessions expire after some time."
    publish(tmp_path, [make_row(path="CHANGES", language="", symbol="", kind="window", text=text)])
    async with searching(tmp_path, lambda _: FakeEmbedder()) as searcher:
        signals = [
            (await searcher.search(parse_query(asked))).hits[0].why.signals
            for asked in ("how sessions expire", "documentation of how sessions expire")
        ]
    assert ["unknown-language" in found for found in signals] == [True, False]


async def test_filters_hold_in_every_mode(ask: Ask) -> None:
    for mode in ("raw", "summary", "hybrid", "exact", "symbol"):
        answer = await ask("token", mode=mode, languages=["javascript"])
        assert {hit.language for hit in answer.hits} <= {"javascript"}
        answer = await ask("OpenVault", mode=mode, repos=["shop"])
        assert {hit.repo for hit in answer.hits} <= {"shop"}


async def test_inline_qualifiers_filter(ask: Ask) -> None:
    answer = await ask("session path:src/auth -path:session.js kind:method")
    assert answer.hits
    assert {(hit.path, hit.kind) for hit in answer.hits} == {("src/auth/session.py", "method")}


async def test_the_callers_scope_holds_whatever_is_asked(ask: Ask) -> None:
    for mode in ("raw", "summary", "hybrid", "exact", "symbol"):
        for text in ("OpenVault", "OpenVault repo:bank"):
            answer = await ask(text, mode=mode, scope=["shop"])
            assert "bank" not in {hit.repo for hit in answer.hits}
        assert (await ask("OpenVault", mode=mode, scope=[])).hits == ()


@pytest.mark.parametrize(
    "value", ["a' OR '1'='1", "shop' --", 'shop" OR 1=1', "shop\\", "%", "*' OR true OR '", "shop;DROP TABLE"]
)
@pytest.mark.parametrize("field", ["repos", "languages", "kinds", "paths"])
async def test_a_filter_value_is_never_an_expression(ask: Ask, field: str, value: str) -> None:
    for mode in ("hybrid", "exact", "symbol"):
        assert (await ask("token", mode=mode, **{field: [value]})).hits == ()


async def test_exact_finds_text_with_line_and_column(ask: Ask) -> None:
    answer = await ask("self.store.exchange(", mode="exact")
    assert symbols(answer) == ["Session.refresh"]
    match = answer.hits[0].matches[0]
    assert (match.line, match.column) == (43, 13)
    assert match.text == "    fresh = self.store.exchange(token)"
    assert answer.hits[0].why.exact == 1


async def test_exact_minds_case(ask: Ask) -> None:
    assert (await ask("OPENVAULT", mode="exact")).hits == ()
    assert symbols(await ask("(?i)OPENVAULT", mode="exact", regex=True)) == ["OpenVault"]


async def test_a_pattern_without_fragments_reads_everything(ask: Ask) -> None:
    answer = await ask(r"^\w+ \w+\(self\)", mode="exact", regex=True)
    assert set(symbols(answer)) == {"Session.close", "Cart.total"}


async def test_a_pattern_that_re2_refuses_is_an_error_of_the_query(ask: Ask) -> None:
    with pytest.raises(PatternInvalid, match="missing"):
        await ask("(a", mode="exact", regex=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Session.refresh", ["Session.refresh"]),
        ("refresh", ["Session.refresh"]),
        ("session::refresh()", ["Session.refresh"]),
        ("renew", ["renewToken"]),
        ("renewTokn", ["renewToken"]),
        ("Session.refersh", ["Session.refresh"]),
        ("nowhere", []),
    ],
)
async def test_symbol_mode_finds_definitions_by_name(ask: Ask, text: str, expected: list[str]) -> None:
    assert symbols(await ask(text, mode="symbol")) == expected


async def test_a_mistyped_name_finds_what_it_means_where_nothing_has_that_name(ask: Ask) -> None:
    answer = await ask("renewTokken")
    assert answer.hits[0].symbol == "renewToken"
    assert "near-name" in answer.hits[0].why.signals
    for hit in (await ask("renewToken")).hits:
        assert "near-name" not in hit.why.signals


async def test_pages_continue_each_other_and_end(ask: Ask) -> None:
    whole = await ask("token session", limit=6)
    first = await ask("token session", limit=3)
    second = await ask("token session", limit=3, offset=3)
    assert [hit.id for hit in (*first.hits, *second.hits)] == [hit.id for hit in whole.hits]
    assert first.next_offset == 3
    assert (await ask("token session", limit=100)).next_offset is None
    assert (await ask("token session", offset=400)).hits == ()


async def test_without_its_embedder_a_search_answers_and_says_so(ask: Ask) -> None:
    down = FakeEmbedder()
    down.down = True
    broken_by = {
        "gone": down,
        "changed": FakeEmbedder(digest="1" * 64),
        "failed": FakeEmbedder(fail_on=["token"]),
    }
    for kind, broken in broken_by.items():
        answer = await ask("expired token", embedder=broken)
        assert answer.hits[0].symbol == "Session.refresh"
        assert answer.hits[0].why.code is None
        (sentence,) = answer.degraded
        assert sentence.startswith(f"embedder {kind}: fake/hashed-words: ")


STACK_TRACE = "Traceback (most recent call last):\n" + "".join(
    f'  File "/srv/shop/auth/session_{frame}.py", line {frame}, in refresh\n    return call(token)\n'
    for frame in range(40)
)
FUNCTION_OF_200_LINES = "def refresh(self, token):\n" + "".join(
    f"    value_{line} = self.store.get(token, {line})\n" for line in range(199)
)


@pytest.mark.parametrize("text", [STACK_TRACE, FUNCTION_OF_200_LINES], ids=["stack trace", "function"])
async def test_pasted_code_finds_what_it_speaks_of(ask: Ask, text: str) -> None:
    answer = await ask(text)
    assert answer.hits[0].symbol == "Session.refresh"
    assert answer.took_ms < 5_000


@pytest.mark.parametrize("pattern", ["(a+)+$", "(.*)*token", "((a|aa)+)+b"])
async def test_a_pattern_that_never_ends_elsewhere_is_answered(ask: Ask, pattern: str) -> None:
    answer = await ask(pattern, mode="exact", regex=True)
    assert answer.took_ms < 5_000


@pytest.mark.parametrize(
    "text",
    ["🦀🦀", "שלום עולם", "-", "((((", "\"'`", "a" * 16_000, "x y " * 3_000, "%s %n {0} ${x}", "\u202e", "*"],
)
async def test_any_text_gets_an_answer(ask: Ask, text: str) -> None:
    for mode in ("raw", "summary", "hybrid", "exact", "symbol", "auto"):
        answer = await ask(text, mode=mode)
        assert answer.took_ms < 5_000


@pytest.mark.parametrize(
    ("signal", "off"),
    [
        ("definition", {"definition": 0.0, "mentioned_definition": 0.0}),
        ("path-stem", {"path_stem": 0.0, "whole_stem": 0.0}),
        ("file-match", {"file_match": 0.0}),
        ("saturation", {"saturation": 1.0}),
        ("test-penalty", {"test": 1.0}),
    ],
)
async def test_every_signal_can_be_switched_off(shop: Path, signal: str, off: dict[str, Any]) -> None:
    query = parse_query("Session.refresh")
    fired = []
    for weights in (DEFAULT_WEIGHTS, replace(DEFAULT_WEIGHTS, **off)):
        async with searching(shop, lambda _: FakeEmbedder(), weights) as searcher:
            answer = await searcher.search(query)
        fired.append(signal in {name for hit in answer.hits for name in hit.why.signals})
    assert fired == [True, False]


async def test_every_list_can_be_switched_off(shop: Path) -> None:
    for name in ("code", "summary", "lexical", "description"):
        weights = replace(DEFAULT_WEIGHTS, lists=DEFAULT_WEIGHTS.lists - {name})
        async with searching(shop, lambda _: FakeEmbedder(), weights) as searcher:
            answer = await searcher.search(parse_query("expired token"))
        assert answer.hits
        assert not any(getattr(hit.why, name) for hit in answer.hits)


@pytest.mark.parametrize(
    ("text", "files"), [("tree walk", {"src/a.py", "src/b.py"}), ("Walk the tree.", {"src/a.py"})]
)
async def test_further_chunks_leave_room_for_other_files_unless_one_definition_is_described(
    tmp_path: Path, text: str, files: set[str]
) -> None:
    crowd = [
        make_row(
            path="src/a.py", symbol=f"walk{n}", start_line=n * 10, text=f"def walk{n}():\n    tree walk {n}"
        )
        for n in range(1, 9)
    ]
    publish(tmp_path, [*crowd, make_row(path="src/b.py", symbol="other", text="def other():\n    tree walk")])
    async with searching(tmp_path, lambda _: FakeEmbedder()) as searcher:
        answer = await searcher.search(parse_query(text, limit=3))
    assert {hit.path for hit in answer.hits} == files


async def test_a_definition_that_no_list_found_is_pulled_in(tmp_path: Path) -> None:
    noise = [
        make_row(path=f"src/n{n}.py", symbol=f"noise{n}", text=f"parse_url parse_url parse_url {n}")
        for n in range(200)
    ]
    hidden = make_row(
        path="src/zz.py", symbol="parse_url", text="def f(): ...", search_text="nothing", summary="Nothing."
    )
    publish(tmp_path, [*noise, hidden])
    async with searching(tmp_path, lambda _: FakeEmbedder()) as searcher:
        answer = await searcher.search(parse_query("parse_url"))
    assert answer.hits[0].symbol == "parse_url"
    assert answer.hits[0].why.lexical is None


async def test_without_an_index_there_is_no_searcher(tmp_path: Path) -> None:
    with pytest.raises(NoIndex):
        async with searching(tmp_path, lambda _: FakeEmbedder()):
            pass
