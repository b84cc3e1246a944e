"""A typical day, replayed through a scratch ledger: `python -m benchmarks.typical_day [--json]`.

200 embeddings, 15 summaries, 30 scans on Haiku, 5 tasks for Codex, 20 for Opus. The sizes are what such
operations come to; every one is written to a real ledger, read back and priced by its row, and the table is
the one of `nightdex chain ledger`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from model_chain.ledger import Ledger, Operation
from model_chain.tiers import DEFAULT_TIERS
from model_chain.typical_day import day_document, print_day, summarise_day
from model_chain.usage import Tokens

DAY = datetime(2026, 11, 24, tzinfo=UTC)
LOCAL, HAIKU, CODEX, OPUS = DEFAULT_TIERS

# (how many, tier, kind, tokens of one)
WORK = (
    (200, LOCAL, "embedding", Tokens(input=500)),
    (15, LOCAL, "summary", Tokens(input=1_800, output=120)),
    (30, HAIKU, "scan", Tokens(input=9_000, output=1_500)),
    (5, CODEX, "code", Tokens(input=20_000, output=4_000, cache_read=60_000)),
    (20, OPUS, "think", Tokens(input=10_000, output=3_000, cache_read=50_000)),
)


def operations() -> Iterator[Operation]:
    """The day's operations, spread over it."""
    at = DAY.timestamp()
    for count, tier, kind, tokens in WORK:
        for _ in range(count):
            at += 60
            yield Operation(
                tier.name, tier.model, tier.billing, kind, tokens, "benchmark", "a typical day", at=at
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.typical_day", description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger.sqlite3")
        for operation in operations():
            ledger.record(operation)
        day = summarise_day(ledger.operations())
    if options.json:
        print(
            json.dumps(
                day_document(day, DAY.date().isoformat(), (DAY + timedelta(days=1)).date().isoformat())
            )
        )
    else:
        print(print_day(day))
    return 0


if __name__ == "__main__":
    sys.exit(main())
