"""What is around a hit, what of it is not shown, and what is left out for want of tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_store.testing import make_row
from model_chain.testing import FakeEmbedder
from search_api.answer import Answer, Enclosing, Hit
from search_api.budget import estimated_tokens
from search_api.limits import MIN_TOKENS, SNIPPET_LINES
from search_api.query import parse_query
from search_api.search import searching
from tests.shop import Ask, publish

pytestmark = pytest.mark.anyio

BODY = "\n".join(f"    step_{number} = prepare(value_{number}, option_{number})" for number in range(40))


@pytest.fixture(scope="module")
def long_chunks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state_dir = tmp_path_factory.mktemp("long")
    publish(
        state_dir,
        [
            make_row(
                path=f"src/job{number:02}.py",
                symbol=f"Job{number}.prepare",
                text=f"def prepare(self):\n{BODY}\n    return special_{number}",
                start_line=100,
            )
            for number in range(12)
        ],
    )
    return state_dir


async def ask_for(state_dir: Path, text: str, **fields: int) -> Answer:
    async with searching(state_dir, lambda _: FakeEmbedder()) as searcher:
        return await searcher.search(parse_query(text, **fields))  # type: ignore[arg-type]


async def test_a_hit_names_the_definition_around_it(ask: Ask) -> None:
    answer = await ask("Session.refresh", mode="symbol")
    assert answer.hits[0].enclosing == Enclosing("Session", "class", 10)
    [top] = [hit for hit in (await ask("Session", mode="symbol")).hits if hit.kind == "class"]
    assert top.enclosing is None


async def test_a_later_part_of_a_long_definition_names_its_beginning(tmp_path: Path) -> None:
    rows = [
        make_row(symbol="Engine.run", kind="method", start_line=5, text="def run(self):\n    first()"),
        make_row(symbol="Engine.run", kind="method", start_line=7, part=1, text="    second_unusual()"),
        make_row(symbol="Engine", kind="class", start_line=1, text="class Engine:"),
    ]
    publish(tmp_path, rows)
    [hit] = [hit for hit in (await ask_for(tmp_path, "second_unusual")).hits if hit.start_line == 7]
    assert hit.enclosing == Enclosing("Engine.run", "method", 5)


async def test_the_lines_that_matter_are_shown_and_the_others_counted(long_chunks: Path) -> None:
    hit = (await ask_for(long_chunks, "special_3 return", limit=1)).hits[0]
    assert "special_3" in hit.snippet
    assert hit.matches[0].line == 141
    shown = hit.snippet.count("\n") + 1
    assert shown == SNIPPET_LINES
    assert hit.lines_left_out == 42 - shown


async def test_hits_keep_to_their_tokens_and_what_has_no_room_is_counted_and_comes_next(
    long_chunks: Path,
) -> None:
    whole = await ask_for(long_chunks, "prepare")
    assert whole.left_out == 0
    budget = sum(map(estimated_tokens, whole.hits)) // 3
    cut = await ask_for(long_chunks, "prepare", max_tokens=budget)
    assert sum(map(estimated_tokens, cut.hits)) <= budget
    assert [hit.id for hit in cut.hits] == [hit.id for hit in whole.hits[: len(cut.hits)]]
    assert cut.hits[0] == whole.hits[0], "the best hit has its code"
    assert cut.hits[-1].snippet.count("\n") == 0, "the last one is an outline"
    assert cut.hits[-1].lines_left_out == 41
    assert cut.left_out == len(whole.hits) - len(cut.hits)


async def test_paging_on_from_what_was_left_out_loses_nothing(long_chunks: Path) -> None:
    seen: list[Hit] = []
    offset: int | None = 0
    while offset is not None:
        answer = await ask_for(long_chunks, "prepare", max_tokens=MIN_TOKENS, offset=offset)
        assert answer.hits
        seen += answer.hits
        offset = answer.next_offset
    assert len({hit.id for hit in seen}) == len(seen) == 12
