"""`make soak`: every scenario at length, but bounded; prints a table and exits 1 unless all is well.

Everything is imported late: the workers of a night import this module again.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import tempfile
import time
from pathlib import Path


def main() -> int:
    """Live through the scenarios; 0 if nothing was lost, wrong or left lying about."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="what chance begins with")
    parser.add_argument("--short", action="store_true", help="as often as in `make test`")
    parser.add_argument("--only", default="", help="scenarios whose name contains this")
    asked = parser.parse_args()

    import structlog

    from tests.soak.scenarios import SCENARIOS

    # What breaks is meant to break; what it leads to is in the table.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    rows, clean = [], True
    print(f"seed {asked.seed}", file=sys.stderr)
    for scenario in SCENARIOS:
        if asked.only not in scenario.name:
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="nightdex-soak-") as folder:
            chance = random.Random(f"{asked.seed} {scenario.name}")
            tries, seconds = (scenario.short, 0.0) if asked.short else (scenario.long, scenario.seconds)
            tally = scenario.run(Path(folder) / "world", chance, tries, seconds)
        rows.append(
            {
                "scenario": scenario.name,
                "tries": tally.tries,
                "lost": tally.lost,
                "wrong": tally.wrong,
                "debris": tally.debris,
                "minutes": round((time.monotonic() - began) / 60, 1),
            }
        )
        clean = clean and tally.clean
        print(json.dumps(rows[-1]), *tally.reasons, sep="\n", file=sys.stderr, flush=True)
    if asked.json:
        print(json.dumps({"seed": asked.seed, "clean": clean, "scenarios": rows}))
    else:
        print("\n".join(_table(rows)))
    return 0 if clean and rows else 1


def _table(rows: list[dict[str, object]]) -> list[str]:
    columns = list(rows[0]) if rows else []
    return [
        "| " + " | ".join(columns) + " |",
        "|" + "|".join(["---"] + ["---:"] * (len(columns) - 1)) + "|",
        *("| " + " | ".join(str(value) for value in row.values()) + " |" for row in rows),
    ]


if __name__ == "__main__":
    sys.exit(main())
