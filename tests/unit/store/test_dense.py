"""Exact comparison of vectors that are held in half precision."""

from __future__ import annotations

import numpy as np

from index_store.dense import BIASES_APART, best, scaled_down
from index_store.limits import VECTORS_PER_BLOCK


def test_every_finite_number_in_half_precision_is_the_same_in_single_precision() -> None:
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    finite = halves[np.isfinite(halves)].reshape(2, -1)

    singles = scaled_down(finite) * BIASES_APART

    assert singles.tobytes() == finite.astype(np.float32).tobytes()


def test_the_nearest_are_those_of_the_whole_and_equal_ones_stand_in_order_of_rows() -> None:
    random = np.random.default_rng(1)
    distinct = random.normal(size=(VECTORS_PER_BLOCK, 16)).astype(np.float16)
    vectors = np.vstack([distinct, distinct, distinct[:7]])
    rows = random.permutation(len(vectors)).astype(np.int64)
    asked = random.normal(size=16).astype(np.float32)

    found, scores = best(asked, rows, vectors, 5)

    exact = np.round(vectors.astype(np.float32) @ (asked / np.linalg.norm(asked)), 5).tolist()
    ordered = sorted(zip(rows.tolist(), exact, strict=True), key=lambda pair: (-pair[1], pair[0]))
    assert found.tolist() == [row for row, _ in ordered[:5]]
    assert np.allclose(scores, [score for _, score in ordered[:5]], atol=1e-5)
