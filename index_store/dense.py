"""The exact comparison of a vector with the few that a scan of signs found near."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index_store.limits import SHORTLIST, SHORTLIST_SHARE

if TYPE_CHECKING:
    from index_store.schema import Vector

_DIGITS = 6

# What half precision leaves of a number is at most 2^-11 of it; so much larger, it is held as well.
_FINER = np.float32(2.0**11)

Rows = NDArray[np.int64]
Matrix = NDArray[np.float16]


def shortlist_length(rows: int, limit: int) -> int:
    """How many of so many rows are worth comparing, where the `limit` nearest are wanted."""
    return max(SHORTLIST, rows // SHORTLIST_SHARE, limit)


def best(vector: Vector, rows: Rows, vectors: Matrix, limit: int) -> tuple[Rows, Vector]:
    """The rows nearest by cosine, best first, equal ones in order of rows; and their cosines."""
    if not len(rows):
        return rows, np.zeros(0, np.float32)
    # How sums are grouped depends on the processor; the order of hits must not.
    scores = np.round(products(vector / np.linalg.norm(vector), vectors), _DIGITS).astype(np.float32)
    if limit < len(scores):
        # Sorting thousands to keep a hundred would cost more than comparing them.
        among = np.flatnonzero(scores >= np.partition(scores, -limit)[-limit])
        rows, scores = rows[among], scores[among]
    order = np.lexsort((rows, -scores))[:limit]
    return rows[order], scores[order]


def products(vector: Vector, vectors: Matrix) -> NDArray[np.float64]:
    """The scalar products of a vector with one or more in half precision, as exact as in single precision.

    The library multiplies numbers of one size: the vector stands there twice, in half precision, and what
    that leaves of it.
    """
    import numkong  # noqa: PLC0415 - a night writes vectors and compares none

    coarse = vector.astype(np.float16)
    fine = ((vector - coarse) * _FINER).astype(np.float16)
    found = np.asarray(numkong.cdist(np.stack([coarse, fine]), vectors, "dot"), np.float64)
    summed: NDArray[np.float64] = found[0] + found[1] / _FINER
    return summed
