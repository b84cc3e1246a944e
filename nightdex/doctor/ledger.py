"""Whether what the model chain cost can be read."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator

from model_chain.errors import ModelError
from nightdex.chain.configured import ledger_of
from nightdex.configuration import Configuration
from nightdex.doctor.finding import Finding, error, ok

_DAY = 86_400.0


def check_ledger(configuration: Configuration) -> Iterator[Finding]:
    """Whether what the chain cost can be read."""
    ledger = ledger_of(configuration)
    if not ledger.path.exists():
        yield ok("no model has been called yet")
        return
    try:
        operations = ledger.operations(time.time() - _DAY)
    except (sqlite3.Error, OSError, ModelError) as unreadable:
        found = f"{ledger.path} cannot be read: {unreadable}"
        yield error(found, f"move it aside (`mv {ledger.path} {ledger.path}.damaged`) to start a new one")
    else:
        found = f"{len(operations)} operation{'s' * (len(operations) != 1)} in the last 24 hours"
        yield ok(found, path=str(ledger.path))
