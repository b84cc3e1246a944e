"""Descriptions that were paid for once: kept by (content hash, prompt version, model digest) in SQLite.

The key holds no repository, branch or path, so a description holds wherever the same code stands.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from model_chain.errors import DescriptionRejected
from model_chain.limits import CACHE_BUSY_SECONDS
from model_chain.protocol import CodeUnit, Description, Summariser

_FORMAT = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS summaries (
    content_hash TEXT NOT NULL,
    prompt_version INTEGER NOT NULL,
    model_digest TEXT NOT NULL,
    text TEXT NOT NULL,
    rejected TEXT NOT NULL,
    written_at REAL NOT NULL,
    PRIMARY KEY (content_hash, prompt_version, model_digest)
) WITHOUT ROWID
"""
# What the texts had been through when the cache was last gone through; one row.
_RULES_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS rules (id INTEGER PRIMARY KEY CHECK (id = 1), version TEXT NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class SummaryKey:
    """What a description depends on, and nothing else."""

    content_hash: str
    prompt_version: int
    model_digest: str


@dataclass(frozen=True, slots=True)
class CachedSummary:
    """A description, or why there is none: one of the two is ""."""

    text: str
    rejected: str = ""


class VersionedSummariser(Summariser, Protocol):
    """A summariser whose descriptions can be kept: it says which prompt and model they depend on."""

    @property
    def digest(self) -> str:
        """The model's digest."""
        ...

    @property
    def prompt_version(self) -> int:
        """Changes with what the model is told."""
        ...

    @property
    def provider(self) -> str:
        """Who runs the model, e.g. "ollama"."""
        ...

    @property
    def model(self) -> str:
        """The model's name."""
        ...

    @property
    def parallelism(self) -> int:
        """Calls that keep the model busy."""
        ...

    def connect(self) -> None:
        """Make sure that the model answers; its digest is known after this.

        Raises:
            ModelError: it does not.
        """
        ...


class SummaryCache:
    """Keeps what was put: through a kill at any moment, for several threads and processes at once."""

    def __init__(self, path: Path) -> None:
        """Open or create the cache. A damaged file is moved aside (`.damaged`), never deleted."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        try:
            self._database = _opened(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise  # locked, read-only, disk full: the file itself may be sound
            _move_aside(path)
            self._database = _opened(path)

    def get(self, key: SummaryKey) -> CachedSummary | None:
        """What was put under this key."""
        with self._lock:
            row = self._database.execute(
                "SELECT text, rejected FROM summaries"
                " WHERE content_hash = ? AND prompt_version = ? AND model_digest = ?",
                (key.content_hash, key.prompt_version, key.model_digest),
            ).fetchone()
        return None if row is None else CachedSummary(*row)

    def put(self, key: SummaryKey, summary: CachedSummary) -> None:
        """Keep a summary: on disk when this returns. The first one put under a key stays."""
        with self._lock:
            self._database.execute(
                "INSERT OR IGNORE INTO summaries VALUES (?, ?, ?, ?, ?, ?)",
                (
                    key.content_hash,
                    key.prompt_version,
                    key.model_digest,
                    summary.text,
                    summary.rejected,
                    time.time(),
                ),
            )

    @property
    def rules(self) -> str:
        """The rules named by the last `retain`; "" before the first one."""
        with self._lock:
            row = self._database.execute("SELECT version FROM rules").fetchone()
        return "" if row is None else str(row[0])

    def retain(self, content_hashes: Iterable[str], rules: str) -> int:
        """Forget every other content, and overwrite it on the disk; returns how many descriptions went."""
        with self._lock:
            database = self._database
            database.execute("CREATE TEMP TABLE kept (content_hash TEXT PRIMARY KEY) WITHOUT ROWID")
            try:
                database.executemany(
                    "INSERT OR IGNORE INTO kept VALUES (?)", ((one,) for one in content_hashes)
                )
                gone = database.execute(
                    "DELETE FROM summaries WHERE content_hash NOT IN (SELECT content_hash FROM kept)"
                ).rowcount
            finally:
                database.execute("DROP TABLE kept")
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            # Last: whoever is interrupted before does it again.
            database.execute("INSERT OR REPLACE INTO rules VALUES (1, ?)", (rules,))
        return int(gone)

    def __len__(self) -> int:
        with self._lock:
            return int(self._database.execute("SELECT count(*) FROM summaries").fetchone()[0])

    def close(self) -> None:
        """Close the file; what was put stays."""
        with self._lock:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class CachedSummariser:
    """Asks a summariser only what the cache does not know. Thread-safe.

    A rejected reply is kept as well: at temperature 0 the same question has the same answer.
    """

    def __init__(self, summariser: VersionedSummariser, cache: SummaryCache) -> None:
        self._summariser = summariser
        self._cache = cache

    @property
    def source(self) -> str:
        """The source of the summariser behind the cache."""
        return self._summariser.source

    def key(self, unit: CodeUnit) -> SummaryKey:
        """What this unit's description is kept under."""
        return SummaryKey(content_hash(unit), self._summariser.prompt_version, self._summariser.digest)

    def cached(self, unit: CodeUnit) -> CachedSummary | None:
        """What is known about a unit without asking the model; for plans."""
        return self._cache.get(self.key(unit))

    def summarise(self, unit: CodeUnit) -> Description:
        """Describe one unit, from the cache where it is known.

        Raises:
            DescriptionRejected: the model's replies cannot be used, now or when they were first asked for.
            ModelError: as the summariser raises it; nothing is kept.
        """
        key = self.key(unit)
        known = self._cache.get(key)
        if known is None:
            try:
                known = CachedSummary(text=self._summariser.summarise(unit).text)
            except DescriptionRejected as error:
                known = CachedSummary(text="", rejected=str(error))
            self._cache.put(key, known)
        if known.rejected:
            raise DescriptionRejected(known.rejected)
        return Description(text=known.text, source=self.source)


def content_hash(unit: CodeUnit) -> str:
    """Hash of all that a description may depend on: everything but the path."""
    digest = hashlib.blake2b(digest_size=20)
    for part in (unit.language, unit.kind, unit.symbol, unit.doc, unit.text):
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "little") + encoded)
    return digest.hexdigest()


def _opened(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode: every statement is a transaction, fsynced before it returns."""
    database = sqlite3.connect(
        path, timeout=CACHE_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        if database.execute("PRAGMA user_version").fetchone()[0] not in (0, _FORMAT):
            raise sqlite3.DatabaseError(f"{path} was written by another version of nightdex")
        database.execute(_SCHEMA)
        database.execute(_RULES_SCHEMA)
        database.execute(f"PRAGMA user_version = {_FORMAT}")
    except BaseException:
        database.close()
        raise
    return database


def _move_aside(path: Path) -> None:
    """The file and its log, together: a log that is applied to another file would damage that one too."""
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(path.with_name(f"{path.name}.damaged{suffix}"))
