from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_store.identifiers import (
    code_search_text,
    query_terms,
    split_identifier,
    summary_search_text,
    terms,
    words,
)
from index_store.limits import MAX_TERM_LENGTH


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("HTTPServer", ["http", "server"]),
        ("getURLs", ["get", "urls"]),
        ("snake_case_name", ["snake", "case", "name"]),
        ("kebab-case", ["kebab", "case"]),
        ("__init__", ["init"]),
        ("SCREAMING_CASE", ["screaming", "case"]),
        ("XMLHttpRequest2", ["xml", "http", "request", "2"]),
        ("utf8", ["utf", "8"]),
        ("straßeGröße", ["straße", "größe"]),
        ("größe2Maß", ["größe", "2", "maß"]),
        ("x", ["x"]),
        ("", []),
        ("__", []),
    ],
)
def test_an_identifier_is_split_as_a_reader_would(word: str, parts: list[str]) -> None:
    assert split_identifier(word) == parts


def test_a_compound_word_keeps_its_whole_and_stems_its_parts() -> None:
    assert terms("refreshTokens") == ["refreshtokens", "refresh", "token"]
    assert terms("refresh_tokens") == ["refresh_tokens", "refresh", "token"]
    assert terms("tokens") == ["token"]


def test_qualified_names_and_paths_are_several_identifiers() -> None:
    assert terms("std::vector") == ["std", "vector"]
    assert terms("a/b_c.py") == ["a", "b_c", "b", "c", "py"]
    assert terms("self->next.value") == ["self", "next", "valu"]


def test_composed_and_decomposed_letters_give_the_same_terms() -> None:
    assert terms("cafe\u0301") == terms("caf\u00e9") == ["café"]


def test_an_endless_word_is_no_term() -> None:
    assert terms("a" * (MAX_TERM_LENGTH + 1)) == []
    assert terms("a" * MAX_TERM_LENGTH) != []


@given(st.text())
def test_no_term_is_empty_or_holds_white_space(text: str) -> None:
    found = terms(text)
    assert " ".join(found).split() == found


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_parts_of_ascii_hold_exactly_its_letters_and_digits(text: str) -> None:
    assert "".join(split_identifier(text)) == "".join(c for c in text if c.isalnum()).lower()


@given(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,30}", fullmatch=True))
def test_an_identifier_asked_for_is_found_by_every_term_it_is_stored_under(identifier: str) -> None:
    stored = code_search_text(text=f"call({identifier})", path="a.c", symbol="", signature="", doc="").split()
    assert set(query_terms(identifier)) <= set(stored)


def test_path_and_symbol_weigh_more_than_the_text() -> None:
    found = code_search_text(
        text="body",
        path="lexer/scan.py",
        symbol="Scanner.peek",
        signature="",
        doc="",
        members=("next_token",),
    ).split()
    assert found.count("lexer") == 2
    assert found.count("peek") == 2
    assert found.count("bodi") == 1
    assert "next_token" in found


def test_a_description_is_found_by_its_symbol_and_path_too() -> None:
    found = summary_search_text(summary="Closes the file.", symbol="Store.shut", path="io/store.py").split()
    assert {"close", "shut", "io"} <= set(found)


def test_stop_words_leave_a_question_but_never_all_of_it() -> None:
    assert query_terms("where is the session refreshed?") == ["session", "refresh"]
    assert query_terms("is it the") == terms("is it the")
    assert query_terms("to be") == ["to", "be"]


def test_code_keeps_its_stop_words() -> None:
    assert "for" in query_terms("for (i = 0; is_ready; ++i)")
    assert "is" in query_terms("where does foo.is get set") or "i" in query_terms("where does foo.is get set")


@given(st.text(st.characters(max_codepoint=0x2FF)) | st.text(st.characters(max_codepoint=0x7F)))
def test_words_are_runs_of_what_a_pattern_takes_for_letters_digits_and_underscores(text: str) -> None:
    assert words(text) == re.findall(r"\w+", text)


def test_a_query_names_each_term_once() -> None:
    assert query_terms("token token Token") == ["token"]


def test_splitting_needs_neither_lancedb_nor_arrow() -> None:
    script = (
        "import sys, index_store.identifiers, index_store.filters, index_store.schema\n"
        "sys.exit(bool({'lancedb', 'pyarrow', 'lance'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
