"""Every decision of the guard, appended to the ledger's database; it never waits long for the record."""

from __future__ import annotations

import os
import sqlite3
import sys
import time

from model_chain.guard.limits import LEDGER_WAIT_SECONDS
from model_chain.guard.policy import Verdict

LEDGER_VARIABLE = "NIGHTDEX_LEDGER"
SCHEMA = """
create table if not exists guard_decisions (
    at real not null, session text not null, caller text not null, tool text not null, policy text not null,
    decision text not null, words text not null, reason text not null
)"""


def ledger_path() -> str:
    """Where the ledger is: $NIGHTDEX_LEDGER, or beside the index under the user's data folder."""
    chosen = os.environ.get(LEDGER_VARIABLE)
    return chosen or os.path.expanduser("~/.local/share/nightdex/ledger.sqlite3")  # noqa: PTH111 (start-up time)


def append(request: dict[str, object], policy: str, verdict: Verdict, path: str = "") -> bool:
    """Write one decision; False, and a word on standard error, on failure.

    The command itself is never written: it may hold a secret.
    """
    row = (
        time.time(),
        str(request.get("session_id", "")),
        str(request.get("agent_type", "main")),
        str(request.get("tool_name", "")),
        policy,
        verdict.decision,
        " ".join(verdict.words),
        "mechanical" if verdict.words else "",
    )
    try:
        path = path or ledger_path()
        os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120 (start-up time)
        connection = sqlite3.connect(path, timeout=LEDGER_WAIT_SECONDS, isolation_level=None)
        try:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = off")  # a lost record beats a slow answer
            connection.execute(SCHEMA)
            connection.execute("insert into guard_decisions values (?, ?, ?, ?, ?, ?, ?, ?)", row)
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as cause:
        sys.stderr.write(f"nightdex-guard: the decision is not in the ledger: {cause}\n")
        return False
    return True
