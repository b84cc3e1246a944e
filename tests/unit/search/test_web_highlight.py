from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.chunking.languages import LANGUAGES
from search_api.web.highlight import LEXERS, code_lines, tokens, word_spans

HOSTILE = ("(", "/*", "${", '"""', "<<E\n", "a\n", "__", "\x00")


def joined(text: str, language: str, marks: list[tuple[int, int]] | None = None) -> str:
    lines = code_lines(text, language, marks or [])
    return "\n".join("".join(piece.text for piece in line) for line in lines)


@given(
    text=st.text(max_size=200),
    language=st.sampled_from(["python", "javascript", "rust", "html", "none"]),
    marks=st.lists(st.tuples(st.integers(0, 220), st.integers(0, 220)), max_size=8),
)
def test_colours_and_marks_never_change_the_text(
    text: str, language: str, marks: list[tuple[int, int]]
) -> None:
    assert joined(text, language, marks) == text


def test_marks_cover_exactly_their_characters_across_tokens() -> None:
    (line,) = code_lines("def refresh(token):", "python", [(4, 16)])
    assert "".join(piece.text for piece in line if piece.marked) == "refresh(toke"
    assert line[0].css == "t-k"


def test_words_are_marked_to_their_end_whatever_the_case() -> None:
    text = "Refreshed refreshToken REFRESH"
    assert [text[a:b] for a, b in word_spans(text, ("refresh",))] == ["Refreshed", "refresh", "REFRESH"]
    assert list(word_spans(text, ())) == []


def test_every_language_of_the_index_has_its_colours() -> None:
    assert set(LANGUAGES) <= set(LEXERS)


@pytest.mark.parametrize("language", LEXERS)
def test_hostile_text_is_shown_whole_and_soon(language: str) -> None:
    for piece in HOSTILE:
        text = (piece * 3_000)[:3_000]
        assert joined(text, language) == text


def test_a_long_file_has_its_colours_too() -> None:
    text = "def add(a, b):\n    return a + b  # a sum\n" * 2_000
    assert {css for _, css, _, _ in tokens(text, "python")} >= {"t-k", "t-nf", "t-c1"}
