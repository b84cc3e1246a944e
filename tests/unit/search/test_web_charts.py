from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_api.web.charts import HEIGHT, WIDTH, Chart, Column, bar_chart
from search_api.web.nights_page import duration

columns = st.lists(
    st.builds(
        Column,
        st.just("11-24"),
        st.lists(
            st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1e9)), max_size=4), min_size=1, max_size=3
        ),
    ),
    max_size=40,
)


def drawn(*values: float) -> Chart:
    return bar_chart(
        "work", [Column(f"day {n}", [[("files", value)]]) for n, value in enumerate(values)], "{:g}".format
    )


@given(columns)
def test_nothing_is_drawn_outside_of_the_chart(given_columns: list[Column]) -> None:
    chart = bar_chart("any", given_columns, str)
    for rect in chart.rects:
        assert 0 <= rect.x <= rect.x + rect.width <= WIDTH + 1
        assert 0 <= rect.y <= rect.y + rect.height <= HEIGHT


def test_heights_are_in_proportion_and_every_part_has_its_words() -> None:
    chart = drawn(10, 5)
    tall, short = chart.rects
    assert tall.height == pytest.approx(2 * short.height, abs=0.2)
    assert [rect.title for rect in chart.rects] == ["day 0: files 10", "day 1: files 5"]


def test_one_night_beyond_all_others_is_cut_and_says_how_much_it_was() -> None:
    chart = drawn(90_000, 10, 12, 8, 9, 11)
    assert [label.text for label in chart.cut] == ["↑ 90000"]
    assert max(rect.height for rect in chart.rects[1:]) > 100
    assert not drawn(90_000, 10).cut


def test_no_work_at_all_draws_an_empty_chart() -> None:
    assert drawn(0, 0).rects == []
    assert bar_chart("none", [], str).rects == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1.24, "1.2 s"), (90, "90 s"), (270, "4.5 min"), (11_520, "3 h 12 min"), (0, "0 s")],
)
def test_a_duration_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_the_smallest_number_there_is_gets_a_chart() -> None:
    assert all(rect.height <= HEIGHT for rect in drawn(5e-324).rects)
