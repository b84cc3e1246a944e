"""Codes of one bit a dimension: what a scan of them finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_store.sign_codes import code_bytes, count_differences, furthest, nearest_places, sign_codes


def vectors(count: int, dimension: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)


def differences(matrix: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    words = sign_codes(matrix).view(np.uint64).T
    counted = np.empty(len(matrix), np.uint16)
    count_differences(tuple(words), sign_codes(wanted[None])[0].view(np.uint64), counted)
    return counted


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
    counted = differences(matrix, wanted)
    assert counted.tolist() == differing.tolist()
    limit = np.sort(differing)[min(count, rows) - 1]
    found = nearest_places(counted, count, dimension + 1)
    assert found.tolist() == np.flatnonzero(differing <= limit).tolist()


def test_what_is_as_far_as_can_be_is_never_near() -> None:
    matrix = vectors(40, 64)
    code = sign_codes(matrix[:1])[0].view(np.uint64)
    counted = differences(matrix, matrix[0])
    assert counted.max() < furthest(code)
    counted[[0, 7]] = furthest(code)
    near = nearest_places(counted, 40, furthest(code))
    assert near.tolist() == [row for row in range(40) if row not in {0, 7}]
    assert nearest_places(np.full(3, furthest(code), np.uint16), 2, furthest(code)).size == 0
    assert nearest_places(np.zeros(0, np.uint16), 2, furthest(code)).size == 0
