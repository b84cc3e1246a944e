"""Whether the SQLite files are whole, and the keys in one of them still let anybody in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from index_store.shown import SHOWN_NAME
from indexer.describer import CACHE_NAME
from nightdex.chain.configured import ledger_of
from nightdex.configuration import Configuration
from nightdex.doctor.finding import Finding, error, note, ok, warning
from nightdex.doctor.limits import EXPIRES_SOON_DAYS, LOCAL_SECONDS
from nightdex.keys import keys_of
from search_api.errors import KeysUnreadable
from search_api.keys import FILE_NAME as KEYS_NAME


def check_databases(configuration: Configuration) -> Iterator[Finding]:
    """Whether each database is one; what can be lost of it, and how."""
    state_dir = configuration.state_dir
    lost = {
        state_dir / CACHE_NAME: "the descriptions in it are asked for again",
        state_dir / SHOWN_NAME: "only the order of descriptions depends on it",
        state_dir / KEYS_NAME: "every key has to be made anew",
        ledger_of(configuration).path: "what the chain cost until now is no longer known",
    }
    there = {path: cost for path, cost in lost.items() if path.exists()}
    whole = 0
    for path, cost in there.items():
        if problem := _problem(path):
            remedy = f"`nightdex restore` it from a backup, or `mv {path} {path}.damaged`: {cost}"
            yield error(f"{path} is damaged: {problem}", remedy, path=str(path))
        else:
            whole += 1
    if whole == len(there):
        yield ok(f"{whole} of {len(lost)} are there and whole" if there else "there is none yet")


def check_keys(configuration: Configuration) -> Iterator[Finding]:
    """Keys that have ended, or will soon."""
    now = datetime.now(UTC)
    try:
        keys = keys_of(configuration.state_dir).all()
    except KeysUnreadable:
        return  # its database is a finding already
    states = {key.id: key.state(now) for key in keys}
    for key in keys:
        named = f"{key.id}{f' ({key.note})' if key.note else ''}"
        if states[key.id] == "expired":
            yield note(
                f"{named} ended on {str(key.expires_at)[:10]}",
                f"`nightdex key create` makes another; `nightdex key revoke {key.id}` settles it",
            )
        elif states[key.id] == "valid" and key.expires_at is not None:
            left = datetime.fromisoformat(key.expires_at) - now
            if left < timedelta(days=EXPIRES_SOON_DAYS):
                yield warning(f"{named} ends in {left.days} days", "make another: `nightdex key create`")
    valid = sum(state == "valid" for state in states.values())
    yield ok(f"{valid} of {len(keys)} are valid" if keys else "there is none; a loopback address needs none")


def _problem(path: Path) -> str:
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=LOCAL_SECONDS)
        ) as database:
            (said,) = database.execute("pragma quick_check(1)").fetchone()
    except sqlite3.Error as error_:
        return str(error_)
    return "" if said == "ok" else str(said)
