"""API keys: shown once, stored as hashes in SQLite, each with its repositories and its end.

A key is 256 random bits, so a plain SHA-256 of it cannot be guessed back; slow hashes are for passwords.
The file keeps SQLite's rollback journal and is opened afresh for every look: a server sees a revocation with
its next request, and never needs to write.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from search_api.errors import KeyNotFound, KeyOptionInvalid, KeysUnreadable
from search_api.limits import KEYS_BUSY_S, MAX_KEY_LIFETIME_DAYS

FILE_NAME = "keys.sqlite"

_PREFIX = "ndx"
_TOKEN = re.compile(rf"{_PREFIX}_([0-9a-f]{{12}})_[A-Za-z0-9_-]{{43}}")
_LIFETIME = re.compile(r"([1-9]\d{0,5})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_SCHEMA = """
create table if not exists keys (
    id text primary key, hash text not null, note text not null, repos text, created_at text not null,
    expires_at text, revoked_at text
)
"""


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key. `repos` None means all of them; times are ISO 8601 in UTC, None for never."""

    id: str
    note: str
    repos: frozenset[str] | None
    created_at: str
    expires_at: str | None
    revoked_at: str | None

    def state(self, now: datetime) -> str:
        """Give "valid", "expired" or "revoked"."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and datetime.fromisoformat(self.expires_at) <= now:
            return "expired"
        return "valid"


class Keys:
    """The keys in one file. Every method opens its own connection: safe across threads and processes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def create(
        self, *, repos: Collection[str] | None, lifetime: timedelta | None, note: str = ""
    ) -> tuple[Key, str]:
        """Make a key; the second value is the key itself, which nothing can show again.

        Raises:
            KeysUnreadable: the file cannot be written.
        """
        now = datetime.now(UTC)
        key = Key(
            id=secrets.token_hex(6),
            note=note,
            repos=None if repos is None else frozenset(repos),
            created_at=_text(now),
            expires_at=None if lifetime is None else _text(now + lifetime),
            revoked_at=None,
        )
        token = f"{_PREFIX}_{key.id}_{secrets.token_urlsafe(32)}"
        stored_repos = None if key.repos is None else json.dumps(sorted(key.repos))
        with self._writing() as database:
            database.execute(
                "insert into keys values (?, ?, ?, ?, ?, ?, ?)",
                (key.id, _hash(token), key.note, stored_repos, key.created_at, key.expires_at, None),
            )
        return key, token

    def all(self) -> list[Key]:
        """Every key ever made, oldest first; none where there is no file.

        Raises:
            KeysUnreadable: the file is damaged or locked.
        """
        return [_key(row) for row in self._select("order by created_at, id")]

    def revoke(self, key_id: str) -> Key:
        """End a key now. Revoking it again changes nothing.

        Raises:
            KeyNotFound: there is none of that id.
            KeysUnreadable: the file cannot be written.
        """
        if not self._select("where id = ?", key_id):
            known = ", ".join(key.id for key in self.all()) or "none at all"
            raise KeyNotFound(f"There is no key {key_id[:40]!a}; there is {known}.")
        with self._writing() as database:
            database.execute(
                "update keys set revoked_at = ? where id = ? and revoked_at is null",
                (_text(datetime.now(UTC)), key_id),
            )
        return _key(self._select("where id = ?", key_id)[0])

    def find(self, token: str) -> Key | None:
        """The key that a token is, whatever its state; None for anything else.

        Raises:
            KeysUnreadable: the file is damaged or locked.
        """
        if not (named := _TOKEN.fullmatch(token)):
            return None
        rows = self._select("where id = ?", named[1])
        # SECURITY: compared in constant time, though a hash tells nothing about the key it is made from.
        if not rows or not hmac.compare_digest(rows[0][1].encode(), _hash(token).encode()):
            return None
        return _key(rows[0])

    def any_valid(self) -> bool:
        """Whether at least one key would be let in now.

        Raises:
            KeysUnreadable: the file is damaged or locked.
        """
        now = datetime.now(UTC)
        return any(key.state(now) == "valid" for key in self.all())

    def _select(self, clause: str, *values: str) -> list[tuple[str, ...]]:
        if not self._path.exists():
            return []
        try:
            with closing(
                sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True, timeout=KEYS_BUSY_S)
            ) as database:
                return database.execute(f"select * from keys {clause}", values).fetchall()  # noqa: S608 - ours
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            with closing(sqlite3.connect(self._path, timeout=KEYS_BUSY_S)) as database, database:
                database.execute(_SCHEMA)
                yield database
        except (sqlite3.Error, OSError) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> KeysUnreadable:
        return KeysUnreadable(
            f"The keys in {self._path} cannot be used ({error}); mend its permissions, or move it aside and "
            "make new keys with `nightdex key create`."
        )


def parse_lifetime(text: str) -> timedelta | None:
    """How long a key is good for: "90d", "12h", "4w"; None for "never".

    Raises:
        KeyOptionInvalid: it is none of these, or too long.
    """
    if text == "never":
        return None
    if not (found := _LIFETIME.fullmatch(text)):
        raise KeyOptionInvalid(f"--expires {text[:40]!a} is no span of time; write 90d, 12h, 4w or never.")
    lifetime = int(found[1]) * _UNITS[found[2]]
    if lifetime > timedelta(days=MAX_KEY_LIFETIME_DAYS):
        raise KeyOptionInvalid(
            f"--expires {text} is more than {MAX_KEY_LIFETIME_DAYS} days; write never instead."
        )
    return lifetime


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _key(row: tuple[str, ...]) -> Key:
    key_id, _, note, repos, created_at, expires_at, revoked_at = row
    scope = None if repos is None else frozenset(json.loads(repos))
    return Key(key_id, note, scope, created_at, expires_at, revoked_at)
