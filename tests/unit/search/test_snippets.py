from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from search_api.limits import SNIPPET_LINE_CHARS, SNIPPET_LINES
from search_api.snippet import needles, snippet


def test_the_window_shows_the_lines_that_hold_the_query() -> None:
    lines = [f"line {number}" for number in range(1, 101)]
    lines[69] = "    self.refreshes_token()"
    shown = snippet("\n".join(lines), 1001, needles("refreshing tokens"))
    assert shown.best_line == 1070
    assert "refreshes_token" in shown.text
    assert shown.start_line <= 1070 < shown.start_line + SNIPPET_LINES


def test_where_nothing_stands_out_the_beginning_is_shown() -> None:
    shown = snippet("a\nb\nc", 5, needles("zebra"))
    assert (shown.text, shown.start_line, shown.best_line) == ("a\nb\nc", 5, 5)


def test_known_matching_lines_decide() -> None:
    shown = snippet("\n".join("abc" for _ in range(50)), 1, ("abc",), {40})
    assert shown.best_line == 40


def test_a_very_long_line_is_cut() -> None:
    assert len(snippet("x" * 100_000, 1, ()).text) == SNIPPET_LINE_CHARS + 1


@given(st.lists(st.text("ab ", max_size=5), min_size=1, max_size=60), st.sampled_from(["a", "ab", "zzz"]))
def test_a_snippet_is_consecutive_lines_that_include_the_best(lines: list[str], needle: str) -> None:
    shown = snippet("\n".join(lines), 1, (needle,))
    got = shown.text.split("\n")
    assert got == lines[shown.start_line - 1 : shown.start_line - 1 + len(got)]
    assert len(got) == min(SNIPPET_LINES, len(lines))
    assert shown.start_line <= shown.best_line < shown.start_line + len(got)
