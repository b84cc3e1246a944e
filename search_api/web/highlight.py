"""Code in colours, line by line, with what matched marked. Gives data; the template does the escaping."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, Token

from search_api.limits import HIGHLIGHT_DEADLINE_S, HIGHLIGHT_SPAN, HIGHLIGHTED_CHUNKS, MAX_MARKS

if TYPE_CHECKING:
    from pygments.lexer import Lexer

# SECURITY: only lexers on this list ever see indexed text, and none for longer than HIGHLIGHT_DEADLINE_S.
# Pygments' are written with backtracking regular expressions; a test runs these on hostile text.
LEXERS = {
    "bash": "bash", "c": "c", "c_sharp": "csharp", "cpp": "cpp", "css": "css", "elixir": "elixir",
    "go": "go", "haskell": "haskell", "hcl": "hcl", "html": "html", "java": "java",
    "javascript": "javascript", "json": "json", "kotlin": "kotlin", "lua": "lua", "markdown": "markdown",
    "php": "php", "python": "python", "ruby": "ruby", "rust": "rust", "scala": "scala", "sql": "sql",
    "swift": "swift", "toml": "toml", "tsx": "tsx", "typescript": "typescript", "yaml": "yaml", "zig": "zig",
}  # fmt: skip

# Token classes that look like plain text: naming them would triple the page.
_PLAIN = frozenset({"", "n", "nx", "nv", "o", "p", "w", "x", "err", "py"})

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters of one line: its token class as Pygments abbreviates it, and whether it matched.

    `defined` where it is a name that a page can lead to the definition of.
    """

    css: str
    text: str
    marked: bool
    defined: bool = False


def code_lines(
    text: str, language: str, marks: Iterable[Span] = (), defined: Collection[str] = ()
) -> list[list[Piece]]:
    """The lines of a text in pieces; joined they are the text again.

    `marks` are spans of characters, in any order; only the first MAX_MARKS are shown. `defined` are names.
    """
    lines: list[list[Piece]] = [[]]
    edges = _Edges(marks)
    for start, css, value, is_name in tokens(text, language):
        if is_name and value in defined:
            lines[-1].append(Piece(css, value, marked=False, defined=True))
            continue
        for marked, run in edges.cut(start, value):
            for index, part in enumerate(run.split("\n")):
                if index:
                    lines.append([])
                if part:
                    lines[-1].append(Piece(css, part, marked))
    return lines


def names(text: str, language: str) -> set[str]:
    """What is used as a name in a text, as far as its lexer can tell."""
    return {value for _, _, value, is_name in tokens(text, language) if is_name}


@lru_cache(maxsize=HIGHLIGHTED_CHUNKS)
def tokens(text: str, language: str) -> tuple[tuple[int, str, str, bool], ...]:
    """(offset, token class, characters, whether they are a name) of a whole text.

    Plain where no lexer is known or it dawdles.
    """
    lexer = _lexer(language)
    if lexer is None:
        return ((0, "", text, False),)
    found: list[tuple[int, str, str, bool]] = []
    deadline = time.thread_time() + HIGHLIGHT_DEADLINE_S * (1 + len(text) // HIGHLIGHT_SPAN)
    for start, kind, value in lexer.get_tokens_unprocessed(text):
        if value:
            found.append((start, _css(kind), value, kind in Token.Name and value.isidentifier()))
        if time.thread_time() > deadline:
            return ((0, "", text, False),)
    # A lexer that swallows or repeats text must not change what is shown.
    whole = "".join(value for _, _, value, _ in found) == text
    return tuple(found) if whole else ((0, "", text, False),)


@lru_cache(maxsize=len(LEXERS) + 1)
def _lexer(language: str) -> Lexer | None:
    alias = LEXERS.get(language)
    # Exactly the text: no tabs expanded, no newline added or taken away.
    return get_lexer_by_name(alias, stripnl=False, ensurenl=False) if alias else None


@lru_cache(maxsize=512)
def _css(kind: object) -> str:
    while kind not in STANDARD_TYPES:
        kind = kind.parent  # type: ignore[attr-defined] # a tree below Token, which is listed
    name = STANDARD_TYPES[kind]
    return "" if name in _PLAIN else f"t-{name}"


def word_spans(text: str, needles: Sequence[str]) -> Iterator[Span]:
    """Where words of a query occur, whatever the case, each to the end of its word."""
    if not needles:
        return
    # Longest first, so that of two needles that begin alike the longer one is marked.
    wanted = "|".join(re.escape(needle) for needle in sorted(needles, key=len, reverse=True))
    for found in re.finditer(f"(?:{wanted})", text, re.IGNORECASE):
        end = found.end()
        while end < len(text) and text[end].islower():
            end += 1
        yield found.start(), end


class _Edges:
    """Cuts runs of text at the borders of the marks; asked in order of offsets."""

    def __init__(self, marks: Iterable[Span]) -> None:
        self._marks = sorted({mark for mark, _ in zip(marks, range(MAX_MARKS), strict=False)})
        self._next = 0

    def cut(self, start: int, value: str) -> Iterator[tuple[bool, str]]:
        """The parts of one run, each with whether it is inside a mark."""
        at, end = start, start + len(value)
        while at < end:
            while self._next < len(self._marks) and self._marks[self._next][1] <= at:
                self._next += 1
            if self._next == len(self._marks):
                yield False, value[at - start :]
                return
            first, last = self._marks[self._next]
            inside = first <= at
            stop = min(end, last if inside else first)
            yield inside, value[at - start : stop - start]
            at = stop
