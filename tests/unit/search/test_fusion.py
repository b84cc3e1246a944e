from __future__ import annotations

from dataclasses import replace

import pytest

from index_store.matches import NO_MATCHES, Matches
from search_api.ranking.weights import DEFAULT_WEIGHTS
from search_api.retrieval.fuse import fuse

matches = Matches.of


def test_ranks_of_every_list_are_kept() -> None:
    lists = {"code": matches((7, 0.9), (8, 0.5)), "lexical": matches((8, 3.0))}
    fused = fuse(lists, DEFAULT_WEIGHTS, symbol_like=False, wanted=18, no_match_at=9)
    assert fused[8].ranks == {"code": 2, "lexical": 1}
    assert fused[7].ranks == {"code": 1}


def test_the_score_is_the_sum_of_shares_of_what_each_list_says() -> None:
    weights = replace(DEFAULT_WEIGHTS, dense_share_language=0.4, described=1.0)
    lists = {
        "code": matches((1, 0.9), (2, 0.7), (3, 0.5)),
        "summary": matches((2, 0.8), (4, 0.6)),
        "lexical": matches((3, 12.0), (1, 3.0)),
    }
    fused = fuse(lists, weights, symbol_like=False, wanted=18, no_match_at=9)
    assert {row: candidate.score for row, candidate in fused.items()} == pytest.approx(
        {1: 0.2 + 0.6 / 4, 2: 0.2 / 2 + 0.2, 3: 0.6, 4: 0.0}
    )


def test_descriptions_have_a_smaller_share_than_code_unless_they_are_alone() -> None:
    weights = replace(DEFAULT_WEIGHTS, dense_share_language=0.5, described=0.25)
    code, described = matches((1, 0.9), (3, 0.1)), matches((2, 0.9), (3, 0.1))
    fused = fuse({"code": code, "summary": described}, weights, symbol_like=False, wanted=18, no_match_at=9)
    assert (fused[1].score, fused[2].score) == pytest.approx((0.8, 0.2))
    alone = fuse({"summary": described}, weights, symbol_like=False, wanted=18, no_match_at=9)
    assert alone[2].score == 1


def test_a_symbol_weighs_words_more_than_vectors() -> None:
    lists = {"code": matches((1, 0.9), (3, 0.1)), "lexical": matches((2, 5.0))}
    fused = fuse(lists, DEFAULT_WEIGHTS, symbol_like=True, wanted=18, no_match_at=9)
    assert fused[2].score > fused[1].score


def test_without_vectors_words_have_it_all() -> None:
    lexical = matches((3, 9.0), (1, 6.0), (2, 3.0))
    lists = {"code": NO_MATCHES, "summary": NO_MATCHES, "lexical": lexical}
    fused = fuse(lists, DEFAULT_WEIGHTS, symbol_like=False, wanted=18, no_match_at=9)
    assert [fused[row].score for row in (3, 1, 2)] == pytest.approx([1, 2 / 3, 1 / 3])


def test_equal_scores_are_equally_good() -> None:
    fused = fuse(
        {"code": matches((1, 0.5), (2, 0.5))}, DEFAULT_WEIGHTS, symbol_like=False, wanted=18, no_match_at=9
    )
    assert fused[1].score == fused[2].score == 1


def test_no_lists_give_no_candidates() -> None:
    assert fuse({}, DEFAULT_WEIGHTS, symbol_like=False, wanted=18, no_match_at=9) == {}


def test_a_list_also_says_what_it_knows_of_candidates_further_down_than_its_own() -> None:
    lists = {
        "code": matches((1, 0.9), (2, 0.5), (3, 0.4), (4, 0.3)),
        "lexical": matches((3, 9.0), (4, 9.0)),
    }
    fused = fuse(lists, DEFAULT_WEIGHTS, symbol_like=False, wanted=4, no_match_at=2)
    scores = {row: candidate.score for row, candidate in fused.items()}
    assert scores == pytest.approx({1: 0.5, 2: 0, 3: 0.5 - 0.125, 4: 0.5 - 0.25})
    assert fused[3].ranks == {"lexical": 1}


def test_what_a_list_leaves_out_is_as_far_as_its_end() -> None:
    lists = {"code": matches((1, 0.9), (2, 0.5), (4, 0.3)), "lexical": matches((3, 9.0), (4, 9.0))}
    fused = fuse(lists, DEFAULT_WEIGHTS, symbol_like=False, wanted=4, no_match_at=2)
    assert fused[3].score == fused[4].score


def test_what_lists_find_only_further_down_is_no_candidate_and_no_score_is_below_nothing() -> None:
    lists = {"code": matches((1, 0.9), (2, 0.8), (3, 0.1)), "lexical": matches((4, 9.0), (3, 0.1))}
    fused = fuse(lists, DEFAULT_WEIGHTS, symbol_like=False, wanted=2, no_match_at=1)
    assert fused.keys() == {1, 4}
    assert (
        min(
            candidate.score
            for candidate in fuse(lists, DEFAULT_WEIGHTS, symbol_like=False, wanted=4, no_match_at=2).values()
        )
        == 0
    )


def test_fewer_lists_bring_more_candidates_each() -> None:
    found = matches((1, 0.9), (2, 0.5), (3, 0.3), (4, 0.1))
    alone = fuse({"code": found}, DEFAULT_WEIGHTS, symbol_like=False, wanted=4, no_match_at=4)
    both = fuse(
        {"code": found, "lexical": found}, DEFAULT_WEIGHTS, symbol_like=False, wanted=4, no_match_at=4
    )
    assert (len(alone), len(both)) == (4, 2)
