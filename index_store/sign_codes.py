"""One bit a dimension of every vector: a scan that finds what is worth comparing exactly.

The share of dimensions in which two vectors differ in sign orders them nearly as their angle does (Charikar,
"Similarity estimation techniques from rounding algorithms", STOC 2002). At 32 bytes for 256 dimensions a
million vectors are scanned in milliseconds; `benchmarks.speed` says how much of an exact scan is found.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WORD_BYTES = 8


def code_bytes(dimension: int) -> int:
    """Bytes of one code: a bit a dimension, in whole words of 64."""
    return -(-dimension // (8 * WORD_BYTES)) * WORD_BYTES


def sign_codes(vectors: NDArray[np.floating]) -> NDArray[np.uint8]:
    """The codes of vectors, one a row of shape (n, code_bytes(dimension)); equal vectors have equal codes."""
    packed = np.packbits(vectors > 0, axis=1)
    missing = code_bytes(vectors.shape[1]) - packed.shape[1]
    return np.pad(packed, ((0, 0), (0, missing))) if missing else packed


def count_differences(
    words: Sequence[NDArray[np.uint64]], code: NDArray[np.uint64], into: NDArray[np.uint16]
) -> None:
    """In how many bits each of some codes differs from another one; `words` holds their words, each apart."""
    differing = np.empty(len(into), np.uint64)
    counted = np.empty(len(into), np.uint8)
    into[:] = 0
    for word, bits in zip(words, code, strict=True):
        np.bitwise_xor(word, bits, out=differing)
        np.bitwise_count(differing, out=counted)
        into += counted


def furthest(code: NDArray[np.uint64]) -> int:
    """More bits than any code can differ in: what is as far is no answer."""
    return 64 * len(code) + 1


def nearest_places(distances: NDArray[np.uint16], count: int, beyond: int) -> NDArray[np.int64]:
    """Where the `count` least distances and those equal to the last one are, in order; none `beyond`."""
    limit = beyond - 1
    if count < len(distances):
        limit = min(limit, int(np.partition(distances, count - 1)[count - 1]))
    return np.flatnonzero(distances <= limit)
