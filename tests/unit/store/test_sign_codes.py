"""Codes of one bit a dimension: what a scan of them finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_store.sign_codes import SignCodes, code_bytes, sign_codes


def vectors(count: int, dimension: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)


def everywhere(matrix: np.ndarray) -> SignCodes:
    return SignCodes(sign_codes(matrix), np.ones(len(matrix), bool))


@pytest.mark.parametrize(("dimension", "size"), [(1, 8), (16, 8), (64, 8), (65, 16), (256, 32), (768, 96)])
def test_a_code_is_a_bit_a_dimension_in_whole_words(dimension: int, size: int) -> None:
    assert code_bytes(dimension) == size
    assert sign_codes(vectors(3, dimension)).shape == (3, size)


@given(st.integers(1, 200), st.integers(1, 130), st.integers(1, 250), st.integers(0, 9))
def test_the_nearest_by_sign_come_with_all_that_are_as_near(
    rows: int, dimension: int, count: int, seed: int
) -> None:
    matrix = vectors(rows, dimension, seed)
    wanted = vectors(1, dimension, seed + 100)[0]
    differing = ((matrix > 0) != (wanted > 0)).sum(axis=1)
    furthest = np.sort(differing)[min(count, rows) - 1]
    found = everywhere(matrix).nearest(wanted, count)
    assert found.tolist() == np.flatnonzero(differing <= furthest).tolist()


def test_only_rows_that_may_be_returned_are_and_only_those_that_have_a_vector() -> None:
    matrix = vectors(40, 64)
    present = np.ones(40, bool)
    present[[3, 7]] = False
    codes = SignCodes(sign_codes(matrix), present)
    assert codes.nearest(matrix[3], 40).tolist() == [row for row in range(40) if row not in {3, 7}]
    among = np.array([2, 3, 5, 7, 11])
    assert codes.nearest(matrix[3], 40, among).tolist() == [2, 5, 11]
    assert codes.nearest(matrix[5], 1, among).tolist() == [5]


def test_without_vectors_nothing_is_nearest() -> None:
    assert everywhere(vectors(0, 64)).nearest(vectors(1, 64)[0], 5).size == 0
    assert SignCodes(sign_codes(vectors(2, 64)), np.zeros(2, bool)).nearest(vectors(1, 64)[0], 5).size == 0
