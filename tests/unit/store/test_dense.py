"""Exact comparison of vectors that are held in half precision."""

from __future__ import annotations

import numpy as np
import pytest

from index_store.dense import best, products


@pytest.mark.parametrize("dimension", [1, 15, 256, 768])
def test_products_are_as_exact_as_in_single_precision(dimension: int) -> None:
    random = np.random.default_rng(dimension)
    vectors = random.normal(size=(1_000, dimension), scale=dimension**-0.5).astype(np.float16)
    vectors[:200] *= np.float16(2.0**-14)  # some of these are subnormal
    asked = random.normal(size=dimension, scale=dimension**-0.5).astype(np.float32)

    exact = vectors.astype(np.float64) @ asked.astype(np.float64)

    assert np.abs(products(asked, vectors) - exact).max() < 3e-7


def test_nothing_is_nearest_among_nothing() -> None:
    rows, scores = best(np.ones(16, np.float32), np.zeros(0, np.int64), np.zeros((0, 16), np.float16), 5)
    assert len(rows) == len(scores) == 0


def test_the_nearest_are_those_of_the_whole_and_equal_ones_stand_in_order_of_rows() -> None:
    random = np.random.default_rng(1)
    distinct = random.normal(size=(500, 16)).astype(np.float16)
    vectors = np.vstack([distinct, distinct, distinct[:7]])
    rows = random.permutation(len(vectors)).astype(np.int64)
    asked = random.normal(size=16).astype(np.float32)

    found, scores = best(asked, rows, vectors, 5)

    exact = np.round(vectors.astype(np.float32) @ (asked / np.linalg.norm(asked)), 5).tolist()
    ordered = sorted(zip(rows.tolist(), exact, strict=True), key=lambda pair: (-pair[1], pair[0]))
    assert found.tolist() == [row for row, _ in ordered[:5]]
    assert np.allclose(scores, [score for _, score in ordered[:5]], atol=1e-5)
