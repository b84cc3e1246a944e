"""One vector column, open for nearest-neighbour questions: scanned by sign, then compared exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index_store.limits import SHORTLIST, STORED_SHORTLIST_FACTOR

if TYPE_CHECKING:
    from index_store.schema import Vector
    from index_store.sign_codes import SignCodes

_DIGITS = 6

Rows = NDArray[np.int64]
Matrix = NDArray[np.float16]


@dataclass(slots=True)
class DenseColumn:
    """The signs of every vector and, in a server with the memory for them, the vectors by row.

    Either way a score is that of the stored vector, so that a command and a server give the same answer.
    """

    signs: SignCodes
    held: Matrix | None = None

    def nearest(self, vector: Vector, limit: int, among: Rows | None, held: Matrix) -> tuple[Rows, Vector]:
        """The nearest rows, best first, and their cosines, by the vectors that are held."""
        rows = self.signs.nearest(vector, max(SHORTLIST, limit), among)
        return best(vector, rows, held[rows], limit)

    def worth_reading(self, vector: Vector, limit: int, among: Rows | None) -> Rows:
        """The rows whose stored vectors are worth comparing, most promising first."""
        rows = self.signs.nearest(vector, max(SHORTLIST, limit), among)
        estimates = self.signs.estimates(vector, rows)
        return rows[np.argsort(-estimates, kind="stable")[: STORED_SHORTLIST_FACTOR * limit]]


def best(vector: Vector, rows: Rows, vectors: Matrix, limit: int) -> tuple[Rows, Vector]:
    """The rows nearest by cosine, best first, equal ones in order of rows; and their cosines."""
    # Without BLAS, whose threads spin against each other for what takes one of them a tenth of a millisecond.
    exact = np.einsum("ij,j->i", vectors.astype(np.float32), vector / np.linalg.norm(vector))
    # How sums are grouped may depend on how many rows there are; the order of hits must not.
    scores = np.round(exact, _DIGITS)
    order = np.lexsort((rows, -scores))[:limit]
    return rows[order], scores[order]
