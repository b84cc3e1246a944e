"""What a candidate list found: rows with their scores, best first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, overload

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Match(NamedTuple):
    """One row a list found. Scores compare within the list only; higher is better."""

    row: int
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Matches(Sequence[Match]):
    """Matches as two arrays of one length: a search has hundreds, and looks at few of them one by one.

    Attributes:
        rows: int64.
        scores: of any float.
    """

    rows: NDArray[np.int64]
    scores: NDArray[np.floating]

    @classmethod
    def of(cls, *matches: tuple[int, float]) -> Matches:
        """Those of some rows and scores."""
        rows, scores = zip(*matches, strict=True) if matches else ((), ())
        return cls(np.array(rows, np.int64), np.array(scores, np.float64))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Match]:
        return map(Match, self.rows.tolist(), self.scores.tolist())

    @overload
    def __getitem__(self, place: int, /) -> Match: ...
    @overload
    def __getitem__(self, place: slice, /) -> Matches: ...
    def __getitem__(self, place: int | slice, /) -> Match | Matches:
        if isinstance(place, slice):
            return Matches(self.rows[place], self.scores[place])
        return Match(self.rows[place].item(), self.scores[place].item())


NO_MATCHES = Matches.of()
