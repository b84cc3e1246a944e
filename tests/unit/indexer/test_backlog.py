"""What waits for a description, and in which order: pure, from rows and the cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index_store.stored_rows import StoredRow
from indexer.backlog import plan_backlog
from indexer.descriptions import is_trivial
from indexer.forecast import Forecast
from indexer.rows import unit_of
from model_chain.summary_cache import CachedSummariser, CachedSummary, SummaryCache
from tests.unit.indexer.versioned import Versioned

LONG = "    total = 0\n    for value in values:\n        total += value * limit\n    return total"


def row(place: int, name: str, *, body: str = LONG, calls: tuple[str, ...] = (), **other: str) -> StoredRow:
    return StoredRow(
        place=place,
        id=f"{place:016x}",
        repo="shop",
        path=other.get("path", "a.py"),
        language="python",
        kind=other.get("kind", "function"),
        symbol=name,
        name=name,
        signature=f"def {name}(values, limit)",
        doc=other.get("doc", ""),
        start_line=1,
        text=f"def {name}(values, limit):\n{body}",
        calls=calls,
        summary="An extract.",
        summary_source=other.get("source", "extractive@1"),
    )


@pytest.fixture
def cached() -> Iterator[CachedSummariser]:
    with SummaryCache(Path(":memory:")) as cache:
        yield CachedSummariser(Versioned(), cache)


def names(rows: list[StoredRow], order: list[str], cached: CachedSummariser) -> list[str]:
    by_key = {cached.key(unit_of(one)).content_hash: one.name for one in reversed(rows)}
    return [by_key[key] for key in order]


def test_the_newest_come_first_then_the_most_called_then_as_they_are_stored(cached: CachedSummariser) -> None:
    rows = [row(0, "old"), row(1, "rare"), row(2, "popular"), row(3, "caller", calls=("popular", "old"))]
    rows += [row(4, "also", calls=("popular",))]
    since = {cached.key(unit_of(rows[0])).content_hash: 100.0}
    plan = plan_backlog(rows, cached, since, 200.0, {})
    assert names(rows, plan.order, cached) == ["popular", "rare", "caller", "also", "old"]


def test_among_equally_called_code_what_searches_showed_comes_first(cached: CachedSummariser) -> None:
    rows = [row(0, "plain"), row(1, "shown"), row(2, "called"), row(3, "old"), row(4, "popular")]
    rows += [row(5, "caller", calls=("called",)), row(6, "user", calls=("popular", "popular"))]
    since = {cached.key(unit_of(rows[3])).content_hash: 100.0}
    shown = {rows[1].id: 1, rows[3].id: 9, rows[6].id: 2}
    plan = plan_backlog(rows, cached, since, 200.0, shown)
    assert names(rows, plan.order, cached) == [
        "popular", "called", "user", "shown", "plain", "caller", "old",
    ]  # fmt: skip


def test_calls_of_one_order_of_magnitude_leave_it_to_the_searches(cached: CachedSummariser) -> None:
    rows = [row(0, "five"), row(1, "six"), row(2, "seven"), row(3, "eight")]
    rows += [row(4, "user", calls=("five",) * 5 + ("six",) * 6 + ("seven",) * 7 + ("eight",) * 8)]
    plan = plan_backlog(rows, cached, {}, 0.0, {rows[0].id: 1})
    assert names(rows, plan.order, cached) == ["eight", "five", "seven", "six", "user"]


def test_searches_of_all_copies_count_for_their_one_description(cached: CachedSummariser) -> None:
    rows = [row(0, "once"), row(1, "copied"), row(2, "copied", path="b.py"), row(3, "copied", path="c.py")]
    plan = plan_backlog(rows, cached, {}, 0.0, {rows[0].id: 2, rows[2].id: 1, rows[3].id: 2})
    assert names(rows, plan.order, cached) == ["copied", "once"]


def test_shown_chunks_that_the_index_has_no_more_are_named(cached: CachedSummariser) -> None:
    rows = [row(0, "here"), row(1, "Chapter", kind="section")]
    plan = plan_backlog(rows, cached, {}, 0.0, {rows[0].id: 1, rows[1].id: 1, "deleted": 4})
    assert plan.gone == {"deleted"}


def test_a_content_is_asked_about_once_and_all_its_places_get_the_answer(cached: CachedSummariser) -> None:
    rows = [row(0, "total"), row(1, "total", path="vendored/a.py"), row(2, "other")]
    plan = plan_backlog(rows, cached, {}, 0.0, {})
    assert (len(plan.order), plan.identical) == (2, 1)
    assert sorted(plan.places.values()) == [[0, 1], [2]]


def test_what_is_described_trivial_prose_or_rejected_does_not_wait(cached: CachedSummariser) -> None:
    rejected, known = row(3, "hopeless"), row(4, "known")
    cache = cached._cache
    cache.put(cached.key(unit_of(rejected)), CachedSummary("", "it repeats its instructions"))
    cache.put(cached.key(unit_of(known)), CachedSummary("Adds numbers up to a limit."))
    rows = [
        row(0, "done", source=cached.source),
        row(1, "size", body="    return self._size"),
        row(2, "Chapter", kind="section"),
        rejected,
        known,
    ]
    plan = plan_backlog(rows, cached, {}, 0.0, {})
    assert (plan.order, plan.trivial, plan.rejected) == ([], 1, 1)
    assert list(plan.known.values()) == [[4]]


@pytest.mark.parametrize(
    "body",
    [
        "    return self._size",
        "    self._size = size",
        "    return json.loads(Path(path).read_text())",
        "    raise NotImplementedError",
        "    pass",
    ],
)
def test_getters_setters_and_delegates_are_trivial(body: str) -> None:
    assert is_trivial(unit_of(row(0, "size", body=body)))


def test_a_long_comment_does_not_make_a_getter_less_trivial() -> None:
    doc = "The size in bytes, which is what the file system said when it was asked last. " * 4
    commented = f'    """{doc}"""\n    return self._size'
    assert is_trivial(unit_of(row(0, "size", body=commented, doc=doc)))
    assert not is_trivial(unit_of(row(0, "total")))


def test_nights_are_counted_from_the_rate_the_hours_and_the_limit() -> None:
    forecast = Forecast(descriptions=10_000, seconds_per_description=3.6)  # ten hours
    assert forecast.nights(10.0, None) == 1
    assert forecast.nights(3.0, None) == 4
    assert forecast.nights(3.0, 100) == 100
    assert forecast.nights(3.0, 0) == 0
    slow = Forecast(descriptions=1000, embeddings=7200, seconds_per_vector=1.0, seconds_per_description=3.6)
    assert slow.nights(3.0, None) == 1, "two hours of vectors leave one for a thousand descriptions"
    assert slow.nights(2.0, None) == 2, "the first night has no time for any"
