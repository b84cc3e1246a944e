"""How often searches showed a chunk: kept across processes, faded by days, dropped with the chunk."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from index_store.errors import CountsUnavailable
from index_store.limits import SHOWN_DAYS
from index_store.shown import SHOWN_NAME, ShownCounts

DAY = 86_400.0
NOW = 20_000 * DAY


def test_counts_of_several_writers_and_days_are_added(tmp_path: Path) -> None:
    ShownCounts(tmp_path).add({"a": 1, "b": 2}, NOW - DAY)
    ShownCounts(tmp_path).add({"a": 3}, NOW)
    ShownCounts(tmp_path).add({"a": 1}, NOW + 1)
    assert ShownCounts(tmp_path).read(NOW) == {"a": 5, "b": 2}


def test_writers_at_the_same_moment_lose_nothing(tmp_path: Path) -> None:
    def write() -> None:
        for _ in range(10):
            ShownCounts(tmp_path).add({"a": 1}, NOW)

    ShownCounts(tmp_path).add({"a": 1}, NOW)
    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ShownCounts(tmp_path).read(NOW) == {"a": 31}


def test_what_was_shown_a_month_ago_counts_no_more_and_its_rows_go(tmp_path: Path) -> None:
    counts = ShownCounts(tmp_path)
    counts.add({"old": 7}, NOW)
    assert counts.read(NOW + (SHOWN_DAYS - 1) * DAY) == {"old": 7}
    assert counts.read(NOW + SHOWN_DAYS * DAY) == {}
    counts.add({"new": 1}, NOW + SHOWN_DAYS * DAY)
    assert counts.read(NOW) == {"new": 1}


def test_chunks_that_are_gone_are_forgotten_on_every_day(tmp_path: Path) -> None:
    counts = ShownCounts(tmp_path)
    counts.add({"gone": 1, "stays": 1}, NOW - DAY)
    counts.add({"gone": 1}, NOW)
    counts.forget({"gone", "never there"})
    assert counts.read(NOW) == {"stays": 1}


def test_reading_where_nothing_was_searched_makes_no_file(tmp_path: Path) -> None:
    counts = ShownCounts(tmp_path)
    assert counts.read() == {}
    counts.forget(set())
    assert not list(tmp_path.iterdir())


def test_the_file_holds_ids_days_and_numbers_only(tmp_path: Path) -> None:
    ShownCounts(tmp_path).add({"0123456789abcdef": 2}, NOW)
    with sqlite3.connect(tmp_path / SHOWN_NAME) as database:
        assert database.execute("SELECT * FROM shown").fetchall() == [(20_000, "0123456789abcdef", 2)]
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("shown",)]
    database.close()


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    (tmp_path / SHOWN_NAME).write_bytes(content)
    counts = ShownCounts(tmp_path)
    for use in (counts.read, lambda: counts.add({"a": 1}), lambda: counts.forget({"a"})):
        with pytest.raises(CountsUnavailable, match=r"shown\.sqlite .* delete it"):
            use()


def test_another_table_under_this_name_is_no_count(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / SHOWN_NAME) as database:
        database.execute("CREATE TABLE shown (something TEXT)")
    database.close()
    with pytest.raises(CountsUnavailable, match="no such column"):
        ShownCounts(tmp_path).read()
