"""One bit a dimension of every vector, in memory: a scan that finds what is worth comparing exactly.

The share of dimensions in which two vectors differ in sign orders them nearly as their angle does (Charikar,
"Similarity estimation techniques from rounding algorithms", STOC 2002). At 32 bytes for 256 dimensions a
million vectors are scanned in milliseconds; `benchmarks.speed` says how much of an exact scan is found.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from index_store.limits import CODES_PER_BLOCK

_Rows = NDArray[np.int64]
_WORD_BYTES = 8


def code_bytes(dimension: int) -> int:
    """Bytes of one code: a bit a dimension, in whole words of 64."""
    return -(-dimension // (8 * _WORD_BYTES)) * _WORD_BYTES


def sign_codes(vectors: NDArray[np.floating]) -> NDArray[np.uint8]:
    """The codes of vectors, one a row of shape (n, code_bytes(dimension)); equal vectors have equal codes."""
    packed = np.packbits(vectors > 0, axis=1)
    return np.pad(packed, ((0, 0), (0, code_bytes(vectors.shape[1]) - packed.shape[1])))


class SignCodes:
    """The codes of one vector column by row of the catalogue."""

    def __init__(self, codes: NDArray[np.uint8], present: NDArray[np.bool_]) -> None:
        """Take one code a row; where `present` is false there is no vector, and the code does not matter."""
        # Word by word rather than row by row: each step of a scan is one operation on consecutive memory.
        self._words = np.ascontiguousarray(codes.view(np.uint64).T)
        self._missing = None if present.all() else np.flatnonzero(~present)

    def __len__(self) -> int:
        return int(self._words.shape[1])

    def nearest(self, vector: NDArray[np.float32], count: int, among: _Rows | None = None) -> _Rows:
        """The rows nearest by sign, `count` of them and those as near as the last one, in order of rows.

        `among` are the rows that may be returned; all where None.
        """
        words = self._words if among is None else self._words.take(among, axis=1)
        distances = _distances(words, sign_codes(vector[None])[0].view(np.uint64))
        beyond = np.uint16(words.shape[0] * 64 + 1)
        if self._missing is not None:
            missing = self._missing if among is None else np.isin(among, self._missing)
            distances[missing] = beyond
        furthest = beyond - 1
        if count < len(distances):
            furthest = min(furthest, np.partition(distances, count - 1)[count - 1])
        found = np.flatnonzero(distances <= furthest)
        return found if among is None else among[found]

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return self._words.nbytes


def _distances(words: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """The number of bits in which each column of `words` differs from a code, a cacheful at a time."""
    distances = np.zeros(words.shape[1], np.uint16)
    for start in range(0, len(distances), CODES_PER_BLOCK):
        block = distances[start : start + CODES_PER_BLOCK]
        for word, bits in zip(words[:, start : start + CODES_PER_BLOCK], wanted, strict=True):
            block += np.bitwise_count(word ^ bits)
    return distances
