"""How well the router routes: `python -m benchmarks.routing [--cases FILE] [--part tune|test|all] [--json]`.

Without --cases: the test part of cases/routing.jsonl (see `split`). A file of yours is used whole.

Cases are JSONL: text, kind (task|query), label (local|haiku|codex|opus, or raw|summary|reasoning). Regret
is the estimated cost of a wrong route: sent up, the price difference of the two tiers; sent down, the same
difference times `REDO`, because the answer is poor and the work is done again above.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.intervals import wilson
from benchmarks.nearest import nearest_of
from benchmarks.split import part_of
from model_chain.prices import CODEX, HAIKU, OPUS_CURRENT
from model_chain.router.decision import route
from model_chain.router.labels import Kind, labels_of
from model_chain.usage import Tokens

CASES = Path(__file__).parent / "cases"
REDO = 3.0  # a task sent too low is noticed, explained and done again: about three times the work
_SIZE = Tokens(input=9_000, output=1_500)  # one typical operation
_COST = {
    "local": 0.0,
    "haiku": float(HAIKU.cost(_SIZE)),
    "codex": float(CODEX.cost(_SIZE)),
    "opus": float(OPUS_CURRENT.cost(_SIZE)),
    "raw": 0.0,
    "summary": 0.0,
    "reasoning": float(OPUS_CURRENT.cost(_SIZE)),
}
_THINKING = re.compile(r"\b(?:why|should|design|compare|explain|how)\b", re.IGNORECASE)
_CODING = re.compile(r"\b(?:implement|write|test|review|refactor|add|fix)\b", re.IGNORECASE)
_READING = re.compile(r"\b(?:summar\w+|embed\w*|notes?|memory)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Case:
    """One text and where it belongs."""

    text: str
    kind: Kind
    label: str


@dataclass(frozen=True, slots=True)
class Score:
    """One router on one kind of cases. Rates come with their 95 % Wilson intervals.

    `thinking_sent_down` counts cases of the top label routed below it; `under_routed` any label routed
    below its own; `over_routed` above. `regret` is US dollars per 100 cases.
    """

    router: str
    kind: Kind
    cases: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    thinking: int
    thinking_sent_down: int
    thinking_interval: tuple[float, float]
    under_routed: int
    over_routed: int
    regret: float
    confusion: dict[str, dict[str, int]]


def _keywords(text: str, kind: Kind) -> str:
    if kind == "query":
        return "reasoning" if _THINKING.search(text) else "summary" if " " in text else "raw"
    if _THINKING.search(text):
        return "opus"
    return "codex" if _CODING.search(text) else "local" if _READING.search(text) else "haiku"


def _length(text: str, kind: Kind) -> str:
    words, labels = len(text.split()), labels_of(kind)
    return labels[min(len(labels) - 1, words // 4)]


ROUTERS: dict[str, Callable[[str, Kind], str]] = {
    "router": lambda text, kind: route(text, kind).label,
    "always Opus": lambda _, kind: labels_of(kind)[-1],
    "always Haiku": lambda _, kind: labels_of(kind)[1],
    "keywords": _keywords,
    "length": _length,
    "nearest": lambda text, kind: nearest_of(kind).label(text),
}


def read_cases(path: Path, part: str = "all") -> list[Case]:
    """Read a case file, or one part of it."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    cases = [Case(row["text"], row["kind"], row["label"]) for row in rows]
    return [case for case in cases if part in ("all", part_of(case.text))]


def score(router: str, kind: Kind, cases: Sequence[Case]) -> Score:
    """Score one router on the cases of one kind."""
    labels, chosen = labels_of(kind), [case for case in cases if case.kind == kind]
    pairs = Counter((case.label, ROUTERS[router](case.text, kind)) for case in chosen)
    right = sum(count for (label, guess), count in pairs.items() if label == guess)
    under = sum(n for (label, guess), n in pairs.items() if labels.index(guess) < labels.index(label))
    thinking = sum(case.label == labels[-1] for case in chosen)
    down = sum(n for (label, guess), n in pairs.items() if label == labels[-1] != guess)
    regret = sum(_regret(label, guess) * n for (label, guess), n in pairs.items())
    confusion = {label: {guess: pairs[label, guess] for guess in labels} for label in labels}
    size = len(chosen)
    return Score(
        router, kind, size, right / size, wilson(right, size), thinking, down, wilson(down, thinking),
        under, size - right - under, 100 * regret / size, confusion,
    )  # fmt: skip


def _regret(label: str, guess: str) -> float:
    difference = _COST[guess] - _COST[label]
    return difference if difference >= 0 else -difference * REDO


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table (or JSON)."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routing", description=__doc__)
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--part", choices=("tune", "test", "all"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    part = options.part or ("all" if options.cases else "test")
    cases = read_cases(options.cases or CASES / "routing.jsonl", part)
    kinds: list[Kind] = [kind for kind in ("task", "query") if any(case.kind == kind for case in cases)]
    scores = [score(router, kind, cases) for kind in kinds for router in ROUTERS]
    if options.json:
        print(json.dumps([asdict(row) for row in scores], indent=1))
        return 0
    for kind in kinds:
        _print(kind, [row for row in scores if row.kind == kind])
    for case in cases:
        decision = route(case.text, case.kind)
        if decision.label != case.label:
            print(f"{case.label} -> {decision.label}: {case.text!r} ({decision.reason})")
    return 0


def _print(kind: Kind, rows: Sequence[Score]) -> None:
    print(f"{rows[0].cases} {kind} cases, {rows[0].thinking} of them thinking")
    for row in rows:
        low, high = row.accuracy_interval
        down_low, down_high = row.thinking_interval
        down = row.thinking_sent_down / max(1, row.thinking)
        print(
            f"  {row.router:13} right {row.accuracy:6.1%} [{low:.1%}, {high:.1%}]  "
            f"thinking sent down {down:6.1%} [{down_low:.1%}, {down_high:.1%}]  "
            f"under {row.under_routed:3} over {row.over_routed:3}  regret ${row.regret:.2f}/100"
        )
    labels = labels_of(kind)
    print("  is \\ routed to " + "".join(f"{label:>10}" for label in labels))
    for label in labels:
        print(f"  {label:15}" + "".join(f"{rows[0].confusion[label][guess]:10}" for guess in labels))


if __name__ == "__main__":
    raise SystemExit(main())
