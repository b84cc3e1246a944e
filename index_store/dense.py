"""The exact comparison of a vector with the few that a scan of signs found near."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index_store.limits import SHORTLIST, SHORTLIST_SHARE, VECTORS_PER_BLOCK

if TYPE_CHECKING:
    from index_store.schema import Vector

_DIGITS = 6

# From half precision (1 bit of sign, 5 of exponent, 10 of mantissa) to single precision (1, 8, 23). The sign,
# extended with the integer, stands in three bits too many.
_MANTISSA_BITS_MORE = 13
_SIGN_EXPONENT_MANTISSA = np.array(0x8FFFE000, np.uint32).view(np.int32)
BIASES_APART = np.float32(2.0 ** (127 - 15))

Rows = NDArray[np.int64]
Matrix = NDArray[np.float16]


def shortlist_length(rows: int, limit: int) -> int:
    """How many of so many rows are worth comparing, where the `limit` nearest are wanted."""
    return max(SHORTLIST, rows // SHORTLIST_SHARE, limit)


def best(vector: Vector, rows: Rows, vectors: Matrix, limit: int) -> tuple[Rows, Vector]:
    """The rows nearest by cosine, best first, equal ones in order of rows; and their cosines."""
    wanted = vector / np.linalg.norm(vector) * BIASES_APART
    exact = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), VECTORS_PER_BLOCK):
        block = slice(start, start + VECTORS_PER_BLOCK)
        # Without BLAS, whose threads spin against each other for what takes one of them little time.
        np.einsum("ij,j->i", scaled_down(vectors[block]), wanted, out=exact[block])
    # How sums are grouped may depend on how many rows there are; the order of hits must not.
    scores = np.round(exact, _DIGITS)
    if limit < len(scores):
        # Sorting thousands to keep a hundred would cost more than comparing them.
        among = np.flatnonzero(scores >= np.partition(scores, -limit)[-limit])
        rows, scores = rows[among], scores[among]
    order = np.lexsort((rows, -scores))[:limit]
    return rows[order], scores[order]


def scaled_down(vectors: Matrix) -> NDArray[np.float32]:
    """The same finite numbers in single precision, divided by BIASES_APART; thrice as fast as numpy converts.

    The bits of a number in half precision, moved to their places in single precision, are the number less
    the difference of the two exponents' biases. A product with a power of two makes up for that exactly, and
    costs least where a single vector is multiplied, the one that all are compared with.
    """
    bits = vectors.view(np.int16).astype(np.int32)
    bits <<= _MANTISSA_BITS_MORE
    bits &= _SIGN_EXPONENT_MANTISSA
    return bits.view(np.float32)
