from __future__ import annotations

import time

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from search_api.errors import PatternInvalid
from search_api.limits import MAX_MATCHES_PER_CHUNK, MAX_PATTERN_BYTES
from search_api.retrieval.fragments import required_fragments
from search_api.retrieval.pattern import LineMatch, literal_pattern, regex_pattern


def test_lines_and_columns_count_from_one_in_characters() -> None:
    lines = literal_pattern("é x").matching_lines("a\nüé x é x\n\né x", first_line=10)
    assert lines == [LineMatch(11, 2, "üé x é x"), LineMatch(13, 1, "é x")]


def test_a_literal_is_not_a_pattern() -> None:
    assert literal_pattern("a.b(c").matching_lines("aXb(c\na.b(c", 1) == [LineMatch(2, 1, "a.b(c")]


def test_a_literal_may_span_lines() -> None:
    assert literal_pattern("b\nc").matching_lines("a b\nc", 5) == [LineMatch(5, 3, "a b")]


def test_anchors_mean_lines() -> None:
    assert [line.line for line in regex_pattern("^b$").matching_lines("a\nb\nbb\nb", 1)] == [2, 4]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(a", "missing )"),
        (r"(?=a)", "invalid perl operator"),
        ("a{1000}{1000}", "repetition"),
        ("[z-a]", "range"),
    ],
)
def test_a_bad_pattern_is_refused_in_re2s_words(pattern: str, words: str) -> None:
    with pytest.raises(PatternInvalid, match=words.replace(")", r"\)")):
        regex_pattern(pattern)


def test_an_over_long_pattern_is_refused() -> None:
    with pytest.raises(PatternInvalid, match="shorten"):
        regex_pattern("a" * (MAX_PATTERN_BYTES + 1))


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*)*x", "(a?){50}a{50}"])
def test_a_catastrophic_pattern_takes_linear_time(pattern: str) -> None:
    text = "a" * 50_000 + "!"
    started = time.perf_counter()
    regex_pattern(pattern).matching_lines(text, 1)
    assert time.perf_counter() - started < 2


def test_positions_per_chunk_are_bounded() -> None:
    assert len(regex_pattern("").matching_lines("x\n" * 1000, 1)) == MAX_MATCHES_PER_CHUNK


@pytest.mark.parametrize(
    ("pattern", "fragments"),
    [
        (r"foo(bar)+\w", ("foo",)),
        (r"def \w+\(self", ("(self", "def ")),
        (r"abc|def", ()),
        (r"(?i)foobar", ()),
        (r"\Qfoo.bar\E", ()),
        (r"[[:alpha:]]foo", ("foo",)),
        (r"[]a]foobar", ("foobar",)),
        (r"abcd{0}efg", ("abc", "efg")),
        (r"fooo*bar", ("bar", "foo")),
        (r"x\.yz+abc", ("x.yz", "abc")),
        (r"\x41bcdef", ()),
        (r"((a)|b)import", ("import",)),
        (r"ab", ()),
    ],
)
def test_fragments_are_what_every_match_contains(pattern: str, fragments: tuple[str, ...]) -> None:
    assert set(required_fragments(pattern)) == set(fragments)


# Split at blanks: the building blocks of patterns, whole and broken.
_PIECES = st.sampled_from(
    [
        r"a",
        r"b",
        r"abc",
        r"cab",
        r".",
        r"*",
        r"+",
        r"?",
        r"{0}",
        r"{2}",
        r"{1,}",
        r"|",
        r"(",
        r")",
        r"(?:",
        r"[ab]",
        r"[^c]",
        r"[]b]",
        r"\.",
        r"\w",
        r"\d",
        r"^",
        r"$",
        r"[[:alpha:]]",
        r"]",
        r"}",
        r"-",
        r"\|",
        r"*?",
        r"(?i)",
        r"\Q",
        r"\E",
        r"{",
    ]
)


@settings(max_examples=400)
@given(st.lists(_PIECES, max_size=8).map("".join), st.text("abc.|-]}{", max_size=12))
def test_a_text_that_matches_holds_every_required_fragment(pattern: str, text: str) -> None:
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options=options)
    except re2.error:
        return
    if compiled.search(text):
        assert all(fragment in text for fragment in required_fragments(pattern))
