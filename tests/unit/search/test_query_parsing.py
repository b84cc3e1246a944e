from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_api.errors import LimitOutOfRange, QueryError
from search_api.limits import MAX_FILTER_VALUES, MAX_LIMIT, MAX_QUERY_BYTES, MAX_WINDOW
from search_api.query import Mode, looks_like_symbol, parse_query, question


def test_inline_qualifiers_leave_the_text_and_become_filters() -> None:
    query = parse_query('refresh token repo:shop lang:Python path:src/ kind:method -path:tests file:"a b/c"')
    assert query.text == "refresh token"
    assert query.repos == ("shop",)
    assert query.languages == ("python",)
    assert query.paths == ("src/", "a b/c")
    assert query.kinds == ("method",)
    assert query.not_paths == ("tests",)


def test_fields_and_qualifiers_add_up_without_repeats() -> None:
    query = parse_query("x repo:b repo:a", repos=["a"])
    assert query.repos == ("a", "b")


@pytest.mark.parametrize(
    "text",
    [
        "std::vector",
        "http://example.org/x",
        "def path: str",
        "see repo:",
        'f("repo:shop")',
        "xrepo:shop",
        "foo:bar",
    ],
)
def test_what_only_resembles_a_qualifier_is_text(text: str) -> None:
    query = parse_query(text)
    assert query.text == text
    assert query.repos == ()
    assert query.paths == ()


def test_a_backslash_makes_a_qualifier_text() -> None:
    assert parse_query(r"repo\:shop", mode="exact").text == "repo:shop"
    assert parse_query(r"repo\:shop").repos == ()


def test_a_pattern_keeps_its_own_backslashes() -> None:
    assert parse_query(r"repo\:shop", mode="exact", regex=True).text == r"repo\:shop"


def test_blanks_inside_an_exact_text_stay() -> None:
    assert parse_query("repo:shop if  x:\n    y", mode="exact").text == "if  x:\n    y"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"text": ""}, "query_empty"),
        ({"text": " " * 4096}, "query_empty"),
        ({"text": "\u2003\u00a0"}, "query_empty"),
        ({"text": "repo:shop"}, "query_empty"),
        ({"text": "x" * (MAX_QUERY_BYTES + 1)}, "query_too_long"),
        ({"text": "a\0b"}, "query_not_text"),
        ({"text": "\ud83d"}, "query_not_text"),
        ({"text": "x", "repos": ["\ud83d"]}, "query_not_text"),
        ({"text": "x", "mode": "fuzzy"}, "mode_unknown"),
        ({"text": "x", "mode": "\ud83d"}, "mode_unknown"),
        ({"text": "x", "limit": 0}, "limit_out_of_range"),
        ({"text": "x", "limit": MAX_LIMIT + 1}, "limit_out_of_range"),
        ({"text": "x", "offset": -1}, "limit_out_of_range"),
        ({"text": "x", "offset": MAX_WINDOW}, "limit_out_of_range"),
        ({"text": "x", "repos": [" "]}, "filter_invalid"),
        ({"text": "x", "paths": ["p" * 2000]}, "filter_invalid"),
        ({"text": "x", "kinds": [str(n) for n in range(MAX_FILTER_VALUES + 1)]}, "filter_invalid"),
        ({"text": "x -repo:shop"}, "filter_invalid"),
        ({"text": "x", "regex": True}, "regex_needs_exact"),
    ],
)
def test_a_bad_query_is_refused_with_its_code(arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse_query(**arguments)
    assert refused.value.code == code
    assert str(refused.value).encode()  # printable anywhere, even where the query was not


@pytest.mark.parametrize(
    ("text", "regex", "mode"),
    [
        ("parse_url", False, Mode.RAW),
        ("where is the session refreshed", False, Mode.HYBRID),
        ('"Connection reset by peer"', False, Mode.EXACT),
        ("a+b", True, Mode.EXACT),
    ],
)
def test_auto_resolves_by_the_shape_of_the_text_and_says_why(text: str, mode: Mode, *, regex: bool) -> None:
    query = parse_query(text, mode="auto", regex=regex)
    assert query.mode is mode
    assert query.mode_reason.startswith("auto: ")


def test_auto_finds_what_needs_thinking_and_defers_it_unless_told_not_to() -> None:
    why = "why does the cache never expire?"
    query = parse_query(why, mode="auto")
    assert (query.mode, bool(query.thinking)) == (Mode.HYBRID, True)
    assert parse_query(why, mode="auto", defer=False).thinking == ""
    assert parse_query(why).thinking == ""


@pytest.mark.parametrize("tokens", [0, 299, 60_001])
def test_a_question_with_a_pack_of_no_size_is_refused(tokens: int) -> None:
    with pytest.raises(LimitOutOfRange, match="max_tokens"):
        question("why", pack_tokens=tokens)


def test_auto_takes_the_quotes_off_a_quoted_text() -> None:
    assert parse_query('"reset by peer" repo:x', mode="auto").text == "reset by peer"


@pytest.mark.parametrize(
    "word",
    [
        "parse_url",
        "parseUrl",
        "Session",
        "Session.refresh",
        "std::vector",
        "a->b",
        "main()",
        "Foo#bar",
        "_x",
        "@x.y",
    ],
)
def test_words_written_like_code_look_like_symbols(word: str) -> None:
    assert looks_like_symbol(word)


@pytest.mark.parametrize("word", ["session", "", "where is it", "a.b c", "-", "what?!x", "1.5"])
def test_plain_words_do_not_look_like_symbols(word: str) -> None:
    assert not looks_like_symbol(word)


@given(text=st.text(max_size=300), mode=st.sampled_from([*Mode]), regex=st.booleans())
def test_any_text_is_a_query_or_an_error_with_a_code(text: str, mode: str, *, regex: bool) -> None:
    with contextlib.suppress(QueryError):
        query = parse_query(text, mode=mode, regex=regex)
        assert query.text.strip()
        assert query.mode is not Mode.AUTO
