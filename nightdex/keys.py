"""`nightdex key create | list | revoke`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from nightdex.diagnosis import nearest
from nightdex.night import indexed_names
from search_api.keys import FILE_NAME, Key, Keys, parse_lifetime


def keys_of(state_dir: Path) -> Keys:
    """The keys of the API that serves a state directory."""
    return Keys(state_dir / FILE_NAME)


def create_command(state_dir: Path, repos: str | None, expires: str, note: str, *, as_json: bool) -> int:
    """Make a key and show it, once.

    Raises:
        KeyOptionInvalid: `expires` is no span of time.
        KeysUnreadable: the file cannot be written.
    """
    names = None if repos is None else [name.strip() for name in repos.split(",") if name.strip()]
    lifetime = parse_lifetime(expires)
    for name in names or ():
        _warn_of_unknown(name, sorted(indexed_names(state_dir)))
    key, token = keys_of(state_dir).create(repos=names, lifetime=lifetime, note=note)
    if as_json:
        _write(json.dumps({**_fields(key), "key": token}))
    else:
        _write(token)
        sys.stderr.write(f"{_line(key)}\nThis is the only time the key is shown; only its hash is kept.\n")
    return 0


def list_command(state_dir: Path, *, as_json: bool) -> int:
    """Show every key but never the key itself.

    Raises:
        KeysUnreadable: the file cannot be read.
    """
    keys = keys_of(state_dir).all()
    if as_json:
        _write(json.dumps([_fields(key) for key in keys]))
    elif keys:
        for key in keys:
            _write(_line(key))
    else:
        _write("no keys; `nightdex key create` makes one")
    return 0


def revoke_command(state_dir: Path, key_id: str, *, as_json: bool) -> int:
    """End a key; a running server refuses it from its next request on.

    Raises:
        KeyNotFound: there is none of that id.
        KeysUnreadable: the file cannot be written.
    """
    key = keys_of(state_dir).revoke(key_id)
    _write(json.dumps(_fields(key)) if as_json else _line(key))
    return 0


def _warn_of_unknown(name: str, known: Sequence[str]) -> None:
    if known and name not in known:
        meant = nearest(name, known)
        hint = f"; did you mean '{meant}'?" if meant else ""
        sys.stderr.write(f"nightdex: no repository '{name}' is indexed yet{hint}\n")


def _fields(key: Key) -> dict[str, object]:
    return {
        "id": key.id,
        "state": key.state(datetime.now(UTC)),
        "note": key.note,
        "repos": None if key.repos is None else sorted(key.repos),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }


def _line(key: Key) -> str:
    repos = "all repositories" if key.repos is None else ", ".join(sorted(key.repos)) or "no repository"
    end = "never expires" if key.expires_at is None else f"expires {key.expires_at}"
    note = f"; {key.note}" if key.note else ""
    return f"{key.id}  {key.state(datetime.now(UTC))}  {end}  {repos}{note}"


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
