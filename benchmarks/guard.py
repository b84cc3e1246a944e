"""How well the guard tells mechanical commands: `python -m benchmarks.guard [--part tune|test] [--json]`.

The truth is execution: every command runs in a sandbox of logging stubs (`benchmarks.sandbox`). Where that
is not possible, or with --recorded, the answers recorded in the case file stand in.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import sandbox
from benchmarks.intervals import wilson
from model_chain.guard.shell import MECHANICAL, TooComplex, read_command

CASES = Path(__file__).parent / "cases"
_WORD = re.compile(rf"\b(?:{'|'.join(sorted(MECHANICAL))})\b")


@dataclass(frozen=True, slots=True)
class Case:
    """One command and the mechanical programs it really started."""

    id: str
    command: str
    ran: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Misses (ran, not flagged) and false alarms (flagged, did not run) of one detector."""

    detector: str
    mechanical: int
    other: int
    missed: tuple[str, ...]
    false_alarms: tuple[str, ...]
    miss_interval: tuple[float, float]
    false_alarm_interval: tuple[float, float]


def guard_flags(command: str) -> bool:
    """The guard in strict: an unreadable command counts as flagged."""
    try:
        return bool(read_command(command).mechanical)
    except TooComplex:
        return True


def word_regex_flags(command: str) -> bool:
    """Baseline: one of the words anywhere."""
    return _WORD.search(command) is not None


def first_token_flags(command: str) -> bool:
    """Baseline: the first shlex token of each line is one of the words."""
    try:
        return bool(MECHANICAL & set(shlex.split(command)[:1]))
    except ValueError:
        return False


DETECTORS: dict[str, Callable[[str], bool]] = {
    "guard": guard_flags,
    "word regex": word_regex_flags,
    "shlex first token": first_token_flags,
}


def read_cases(path: Path) -> list[Case]:
    """The cases of a JSONL file, as recorded."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [Case(row["id"], row["command"], tuple(row.get("ran", ()))) for row in rows]


def executed(cases: Sequence[Case]) -> list[Case]:
    """The same cases with what runs on this machine now."""
    runs = sandbox.programs_run([case.command for case in cases])
    return [
        Case(case.id, case.command, tuple(sorted(ran & MECHANICAL)))
        for case, ran in zip(cases, runs, strict=True)
    ]


def score(detector: str, cases: Sequence[Case]) -> Score:
    """Count one detector's errors."""
    flags = DETECTORS[detector]
    missed = tuple(case.command for case in cases if case.ran and not flags(case.command))
    alarms = tuple(case.command for case in cases if not case.ran and flags(case.command))
    mechanical = sum(bool(case.ran) for case in cases)
    other = len(cases) - mechanical
    return Score(
        detector,
        mechanical,
        other,
        missed,
        alarms,
        wilson(len(missed), mechanical),
        wilson(len(alarms), other),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table (or JSON); 1 when the guard missed a command or raised more than 1 % false alarms."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guard", description=__doc__)
    parser.add_argument("--part", choices=("tune", "test"), default="test")
    parser.add_argument("--cases", type=Path, help="another case file (JSONL: id, command, ran)")
    parser.add_argument("--recorded", action="store_true", help="trust the recorded answers, execute nothing")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    cases = read_cases(options.cases or CASES / f"guard-{options.part}.jsonl")
    oracle = "recorded" if options.recorded or not sandbox.available() else "execution"
    if oracle == "execution":
        cases = executed(cases)
    scores = [score(name, cases) for name in DETECTORS]
    if options.json:
        print(
            json.dumps(
                {"oracle": oracle, "cases": len(cases), "scores": [asdict(s) for s in scores]}, indent=1
            )
        )
    else:
        _print(oracle, len(cases), scores)
    guard = scores[0]
    return int(bool(guard.missed) or len(guard.false_alarms) > 0.01 * guard.other)


def _print(oracle: str, cases: int, scores: Sequence[Score]) -> None:
    print(f"{cases} commands, truth by {oracle}: {scores[0].mechanical} mechanical, {scores[0].other} other")
    for row in scores:
        misses, alarms = len(row.missed), len(row.false_alarms)
        low, high = row.miss_interval
        alarm_low, alarm_high = row.false_alarm_interval
        print(
            f"{row.detector:18} misses {misses:3} [{low:.1%}, {high:.1%}]   "
            f"false alarms {alarms:3} [{alarm_low:.1%}, {alarm_high:.1%}]"
        )
    for command in scores[0].missed:
        print(f"missed: {command!r}")
    for command in scores[0].false_alarms:
        print(f"false alarm: {command!r}")


if __name__ == "__main__":
    raise SystemExit(main())
