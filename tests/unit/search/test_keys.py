from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from search_api.errors import KeyNotFound, KeyOptionInvalid, KeysUnreadable
from search_api.keys import Keys, parse_lifetime


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "state" / "keys.sqlite")


def state(keys: Keys, token: str, *, days_later: int = 0) -> str | None:
    key = keys.find(token)
    return None if key is None else key.state(datetime.now(UTC) + timedelta(days=days_later))


def test_a_key_is_found_again_with_its_scope_and_its_end(keys: Keys) -> None:
    made, token = keys.create(repos=["shop"], lifetime=timedelta(days=90), note="CI")
    assert keys.find(token) == made
    assert made.repos == frozenset({"shop"})
    assert (state(keys, token), state(keys, token, days_later=91)) == ("valid", "expired")


def test_a_key_without_repositories_sees_all_and_one_with_none_sees_none(keys: Keys) -> None:
    _, everything = keys.create(repos=None, lifetime=None)
    _, nothing = keys.create(repos=[], lifetime=None)
    assert [found.repos for token in (everything, nothing) if (found := keys.find(token))] == [
        None,
        frozenset(),
    ]


def test_nothing_but_the_whole_key_is_found(keys: Keys) -> None:
    _, token = keys.create(repos=None, lifetime=None)
    _, other = keys.create(repos=None, lifetime=None)
    mixed = token[:17] + other[17:]
    for wrong in (
        "",
        token[:-1],
        token + "x",
        token.upper(),
        f" {token}",
        mixed,
        "ndx_",
        "\0",
        "é" * 60,
        token[4:],
    ):
        assert keys.find(wrong) is None, wrong


def test_a_revoked_key_stays_revoked_and_listed(keys: Keys) -> None:
    made, token = keys.create(repos=None, lifetime=timedelta(days=1))
    first = keys.revoke(made.id)
    assert keys.revoke(made.id) == first
    assert state(keys, token) == "revoked"
    assert keys.all() == [first]
    assert not keys.any_valid()


def test_revoking_what_is_not_there_says_what_is(keys: Keys) -> None:
    with pytest.raises(KeyNotFound, match="none at all"):
        keys.revoke("000000000000")
    made, _ = keys.create(repos=None, lifetime=None)
    with pytest.raises(KeyNotFound, match=made.id):
        keys.revoke("000000000000")


def test_the_file_holds_no_key_and_is_its_owners_alone(keys: Keys, tmp_path: Path) -> None:
    _, token = keys.create(repos=["shop"], lifetime=None)
    file = tmp_path / "state" / "keys.sqlite"
    stored = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert token.split("_", 2)[2].encode() not in stored  # the secret itself may hold underscores
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_looking_never_makes_a_file(keys: Keys, tmp_path: Path) -> None:
    assert keys.find("ndx_000000000000_" + "x" * 43) is None
    assert keys.all() == []
    assert not (tmp_path / "state").exists()


def test_a_damaged_file_is_said_to_be(keys: Keys, tmp_path: Path) -> None:
    _, token = keys.create(repos=None, lifetime=None)
    (tmp_path / "state" / "keys.sqlite").write_bytes(b"not a database" * 100)
    for use in (lambda: keys.find(token), keys.all, lambda: keys.create(repos=None, lifetime=None)):
        with pytest.raises(KeysUnreadable, match="move it aside"):
            use()


def test_a_file_that_is_being_written_can_be_read_again_afterwards(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search_api.keys.KEYS_BUSY_S", 0.05)
    _, token = keys.create(repos=None, lifetime=None)
    writer = sqlite3.connect(tmp_path / "state" / "keys.sqlite", isolation_level=None)
    writer.execute("begin exclusive")
    with pytest.raises(KeysUnreadable, match="locked"):
        keys.find(token)
    writer.execute("rollback")
    writer.close()
    assert state(keys, token) == "valid"


@pytest.mark.parametrize(
    ("text", "lifetime"),
    [("90d", timedelta(days=90)), ("12h", timedelta(hours=12)), ("4w", timedelta(weeks=4)), ("never", None)],
)
def test_a_lifetime_is_read(text: str, lifetime: timedelta | None) -> None:
    assert parse_lifetime(text) == lifetime


@pytest.mark.parametrize("text", ["", "90", "d", "0d", "-1d", "1y", "1.5d", "999999w", "90d ", "Never"])
def test_anything_else_is_no_lifetime(text: str) -> None:
    with pytest.raises(KeyOptionInvalid, match="never"):
        parse_lifetime(text)
