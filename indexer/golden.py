"""What became of a golden query: a question whose answer must stay among the first hits.

The indexer asks nobody: whoever starts the night gives it an `Inspect`, which searches a generation that is
whole and does not serve yet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How one golden query fared."""

    FOUND = "found"
    LOST = "lost"  # what serves finds it, tonight's does not: the publish is held back
    MISSING = "missing"  # what serves does not find it either: nothing would be saved by holding back
    PASSED_OVER = "passed_over"  # it cannot be judged tonight; `reason` says why


@dataclass(frozen=True, slots=True)
class GoldenResult:
    """One golden query in tonight's generation.

    Attributes:
        wanted: what must be found, e.g. "shop:src/auth/session.py".
        top: among how many hits.
        place: where it was found, from 1; 0 for nowhere.
        before: the same in the generation that serves, where that was asked.
    """

    query: str
    wanted: str
    mode: str
    top: int
    verdict: Verdict
    place: int = 0
    before: int = 0
    reason: str = ""

    def __str__(self) -> str:
        told = f"'{self.query}' finds {self.wanted} at place {self.place}"
        if self.verdict is Verdict.LOST:
            told = (
                f"'{self.query}' no longer finds {self.wanted} in the top {self.top} (it was {self.before})"
            )
        elif self.verdict is Verdict.MISSING:
            told = f"'{self.query}' does not find {self.wanted} in the top {self.top}"
        elif self.verdict is Verdict.PASSED_OVER:
            told = f"'{self.query}' was not judged"
        return f"{told}: {self.reason}" if self.reason else told


# Takes a generation and the names of the repositories that failed tonight.
Inspect = Callable[[int, frozenset[str]], Sequence[GoldenResult]]
