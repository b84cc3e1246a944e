from __future__ import annotations

from dataclasses import replace

import pytest

from search_api.ranking.weights import DEFAULT_WEIGHTS
from search_api.retrieval.fuse import fuse


def test_ranks_of_every_list_are_kept() -> None:
    fused = fuse({"code": [7, 8], "lexical": [8]}, DEFAULT_WEIGHTS, symbol_like=False)
    assert fused[8].ranks == {"code": 2, "lexical": 1}
    assert fused[7].ranks == {"code": 1}


def test_the_score_is_the_sum_of_shares_over_k_plus_rank() -> None:
    weights = replace(DEFAULT_WEIGHTS, rrf_k=60, dense_share_language=0.5)
    fused = fuse({"code": [1], "summary": [1], "lexical": [2, 1]}, weights, symbol_like=False)
    assert fused[1].score == pytest.approx(0.25 / 61 + 0.25 / 61 + 0.5 / 62)


def test_a_symbol_weighs_words_more_than_vectors() -> None:
    lists = {"code": [1], "lexical": [2]}
    fused = fuse(lists, DEFAULT_WEIGHTS, symbol_like=True)
    assert fused[2].score > fused[1].score


def test_without_vectors_the_order_is_the_lexical_one() -> None:
    fused = fuse({"code": [], "summary": [], "lexical": [3, 1, 2]}, DEFAULT_WEIGHTS, symbol_like=False)
    assert sorted(fused, key=lambda row: -fused[row].score) == [3, 1, 2]


def test_no_lists_give_no_candidates() -> None:
    assert fuse({}, DEFAULT_WEIGHTS, symbol_like=False) == {}
