from __future__ import annotations

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.annotations import Target
from benchmarks.scoring import Place, Scored, by, differences, interval, ndcg, overall, percentile


def place(path: str, start_line: int = 1, end_line: int = 10) -> Place:
    return Place(path, start_line, end_line)


def scored(repo: str, ndcg: float, text: str = "q", category: str = "symbol") -> Scored:
    return Scored(repo, "python", category, text, ndcg, 0.001)


def test_the_only_target_first_is_a_full_score() -> None:
    assert ndcg([place("src/a.py")], [Target("src/a.py")]) == 1


def test_a_target_counts_less_the_lower_it_stands() -> None:
    found = [place("src/x.py"), place("src/y.py"), place("src/a.py")]
    assert ndcg(found, [Target("src/a.py")]) == pytest.approx(1 / log2(4))


def test_the_first_chunk_that_covers_a_target_counts_and_further_ones_do_not() -> None:
    assert ndcg([place("a.py"), place("a.py", 11, 20)], [Target("a.py")]) == 1


def test_all_targets_are_asked_for() -> None:
    found = [place("a.py"), place("x.py"), place("b.py")]
    gained = 1 + 1 / log2(4)
    ideal = 1 + 1 / log2(3)
    assert ndcg(found, [Target("a.py"), Target("b.py")]) == pytest.approx(gained / ideal)


def test_more_than_ten_targets_are_held_against_ten() -> None:
    targets = [Target(f"{n}.py") for n in range(15)]
    assert ndcg([place(f"{n}.py") for n in range(10)], targets) == pytest.approx(1)


def test_what_stands_below_the_tenth_place_was_not_found() -> None:
    found = [*(place(f"{n}.py") for n in range(10)), place("a.py")]
    assert ndcg(found, [Target("a.py")]) == 0


@pytest.mark.parametrize(
    ("path", "covers"),
    [("src/auth/session.py", True), ("session.py", True), ("src/xsession.py", False), ("session.pyi", False)],
)
def test_a_path_may_begin_further_out_than_the_target_but_only_at_a_folder(
    path: str, *, covers: bool
) -> None:
    assert (ndcg([place(path)], [Target("session.py")]) == 1) is covers


@pytest.mark.parametrize(
    ("lines", "covers"),
    [((1, 9), False), ((1, 10), True), ((12, 14), True), ((20, 30), True), ((21, 30), False)],
)
def test_where_a_target_names_lines_the_chunk_must_share_one(lines: tuple[int, int], *, covers: bool) -> None:
    assert (ndcg([place("a.py", *lines)], [Target("a.py", 10, 20)]) == 1) is covers


@given(st.lists(st.sampled_from("abcdef"), max_size=12), st.sets(st.sampled_from("abcdef"), min_size=1))
def test_a_score_lies_between_nothing_and_one(found: list[str], wanted: set[str]) -> None:
    score = ndcg([place(name) for name in found], [Target(name) for name in wanted])
    assert 0 <= score <= 1 + 1e-12
    assert (score > 0) == bool(wanted & set(found[:10]))


def test_every_repository_weighs_the_same_however_many_questions_it_has() -> None:
    scores = [scored("a", 1.0), scored("a", 1.0), scored("a", 1.0), scored("b", 0.0)]
    assert overall(scores) == 0.5


def test_every_question_of_a_category_weighs_the_same() -> None:
    scores = [scored("a", 1.0), scored("a", 1.0), scored("b", 0.0), scored("b", 0.5, category="semantic")]
    assert by(scores, lambda one: one.category) == pytest.approx({"symbol": 2 / 3, "semantic": 0.5})


def test_equal_scores_leave_no_doubt_and_unequal_ones_do() -> None:
    assert interval({"a": [0.5, 0.5], "b": [0.5]}) == (0.5, 0.5)
    low, high = interval({"a": [0.0, 1.0], "b": [0.2, 0.9], "c": [1.0, 1.0]})
    assert low < 0.68 < high


def test_an_interval_is_the_same_every_time() -> None:
    scores = {"a": [0.1, 0.9, 0.4], "b": [0.3, 0.8]}
    assert interval(scores) == interval(scores)


def test_runs_are_compared_question_by_question_where_both_asked() -> None:
    new = [scored("a", 0.9, "one"), scored("a", 0.5, "two"), scored("b", 1.0, "new")]
    old = [scored("a", 0.4, "one"), scored("a", 0.5, "two"), scored("b", 1.0, "gone")]
    assert differences(new, old) == {"a": pytest.approx([0.5, 0.0])}


def test_percentiles_of_nothing_are_nothing() -> None:
    assert percentile([], 0.99) == 0
    assert percentile([0.1, 0.2, 0.3], 0.5) == pytest.approx(0.2)
