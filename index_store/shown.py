"""How often searches showed a chunk, in SQLite beside the generations. docs/FORMAT.md has the table.

Kept is a chunk's id, a day and a number: no query, no caller, no path. The night reads what the last
SHOWN_DAYS days asked for, so counts fade by themselves. An id lasts as long as repository, path and content
do, which is as long as a description would have described what was shown.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from index_store.errors import CountsUnavailable
from index_store.limits import SHOWN_BUSY_SECONDS, SHOWN_DAYS

SHOWN_NAME = "shown.sqlite"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS shown (
    day INTEGER NOT NULL,
    chunk TEXT NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (day, chunk)
) WITHOUT ROWID
"""
_DAY_SECONDS = 86_400


class ShownCounts:
    """The counts of one state directory. Each method opens its own connection: safe across processes.

    Every method raises CountsUnavailable where the file is locked, damaged, read-only, or the disk is full;
    the counts are as they were then, and whoever asks can do without.
    """

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / SHOWN_NAME

    def add(self, times: Mapping[str, int], at: float | None = None) -> None:
        """Add how often chunks were shown at a moment (seconds since the epoch, now), all or none of it."""
        day = _day(at)
        with self._transaction() as database:
            database.execute("DELETE FROM shown WHERE day <= ?", (day - SHOWN_DAYS,))
            database.executemany(
                "INSERT INTO shown VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET times = times + excluded.times",
                [(day, chunk, count) for chunk, count in times.items()],
            )

    def read(self, at: float | None = None) -> dict[str, int]:
        """How often each chunk was shown in the SHOWN_DAYS days up to a moment (now)."""
        if not self._path.exists():
            return {}
        with self._transaction() as database:
            return dict(
                database.execute(
                    "SELECT chunk, sum(times) FROM shown WHERE day > ? GROUP BY chunk",
                    (_day(at) - SHOWN_DAYS,),
                )
            )

    def forget(self, chunks: Collection[str]) -> None:
        """Drop chunks that are gone."""
        if chunks:
            with self._transaction() as database:
                # One pass over the table, however many are gone.
                database.execute(
                    "DELETE FROM shown WHERE chunk IN (SELECT value FROM json_each(?))",
                    (json.dumps(list(chunks)),),
                )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=SHOWN_BUSY_SECONDS)) as database, database:
                database.execute("PRAGMA journal_mode = WAL")
                # What a power cut takes is a minute of counts; the file stays whole.
                database.execute("PRAGMA synchronous = NORMAL")
                database.execute(_SCHEMA)
                yield database
        except sqlite3.Error as error:
            raise CountsUnavailable(
                f"{self._path} cannot be used ({error}); mend its permissions or make room, or, if it is "
                "damaged, delete it: only the order of descriptions depends on it"
            ) from error


def _day(at: float | None) -> int:
    return int((time.time() if at is None else at) // _DAY_SECONDS)
