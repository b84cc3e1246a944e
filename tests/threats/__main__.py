"""`make threats`: takes every defence of docs/THREATS.md away, one by one, and prints how its tests fail.

In a copy: these sources stay as they are. Exits 1 unless every test passes with its defence and fails
without.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.threats.removals import Removal, removals
from tests.threats.trial import Outcome, Trial


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: whether the test did as it must, and how."""

    attack: str
    removed: str
    test: str
    verdict: str
    words: str


def main() -> int:
    """Try each removal; 0 if every test failed that must."""
    parser = argparse.ArgumentParser(prog="python -m tests.threats", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    parser.add_argument("--only", default="", help="removals whose attack, words, tests or table have this")
    asked = parser.parse_args()
    wanted = [removal for removal in removals() if asked.only in _words(removal)]
    began = time.monotonic()

    with tempfile.TemporaryDirectory(prefix="nightdex-threats-") as folder:
        trial = Trial(Path(folder))
        names = list(dict.fromkeys(test for removal in wanted for test in removal.tests))
        print(f"{len(names)} tests with their defences …", file=sys.stderr)
        held = trial.run(names)
        lines = []
        for removal in wanted:
            with trial.without(removal):
                fallen = trial.run(removal.tests)
            for test in removal.tests:
                lines.append(_line(removal, test, held.get(test), fallen.get(test)))
                print(_row(lines[-1]), file=sys.stderr, flush=True)
    failed = sum(line.verdict == "failed" for line in lines)
    if asked.json:
        print(json.dumps([asdict(line) for line in lines]))
    else:
        print("| attack | removed | test | without it |", "|---|---|---|---|", *map(_row, lines), sep="\n")
    told = f"{len(wanted)} removals: {failed} of {len(lines)} tests failed as they must"
    print(f"{told}, in {(time.monotonic() - began) / 60:.0f} minutes", file=sys.stderr)
    return 0 if lines and failed == len(lines) else 1


def _words(removal: Removal) -> str:
    return " ".join((removal.table, removal.attack, removal.removed, *removal.tests))


def _line(removal: Removal, test: str, held: Outcome | None, fallen: Outcome | None) -> Line:
    verdict, words = "not run", "pytest ran no such test, or did not come to its end"
    if held is not None and held.verdict != "passed":
        verdict, words = f"{held.verdict} with its defence", held.words
    elif fallen is not None and held is not None:
        verdict, words = fallen.verdict, fallen.words
    return Line(removal.attack, removal.removed, test, verdict, words)


def _row(line: Line) -> str:
    words = f"{line.verdict}: {line.words}" if line.words else line.verdict
    cells = (line.attack, line.removed, f"`{line.test}`", words)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
