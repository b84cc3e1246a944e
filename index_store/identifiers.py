"""Code and prose into search terms: one splitter for what is stored and what is asked.

A term is a whole identifier as it is written, lower-cased (`http_server`, `httpserver`), or one of its parts,
lower-cased and Porter-stemmed (`http`, `server`). Terms hold no white space, so a whitespace tokeniser gives
back exactly them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import chain

import Stemmer

from index_store.limits import MAX_REMEMBERED_WORDS, MAX_TERM_LENGTH

# How often the words of a chunk's path and symbol count, beside their place in the text.
PATH_WEIGHT = 2
SYMBOL_WEIGHT = 2

_WORD = re.compile(r"\w+")
# Within ASCII: `URLs`, the HTTP of `HTTPServer`, `Server`, `ABC`, `42`.
_PART = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_CODE_MARK = re.compile(r"::|->|[_(){}\[\]<>=$/\\]|\w[.#]\w|[a-z\d][A-Z]")

# A question of fewer words has none to spare.
_PROSE_WORDS = 3

_STOP_WORDS = frozenset(
    """
    a an and are as at be been but by can could did do does for from had has have how i if in into is it
    its me my of on or our should so than that the their them then there these they this those to us was
    we were what when where which while who why will with would you your
    """.split()  # noqa: SIM905 - a list of words reads as words
)


def split_identifier(word: str) -> list[str]:
    """The parts of one identifier, lower-cased: `HTTPServer_v2` -> http, server, v, 2.

    Splits at case changes, digits, and whatever is neither letter nor digit.
    """
    parts = _PART.findall(word) if word.isascii() else _split_beyond_ascii(word)
    return [part.lower() for part in parts]


def _split_beyond_ascii(word: str) -> list[str]:
    parts: list[str] = []
    run = ""
    for character in word:
        if not character.isalnum():
            parts, run = [*parts, run], ""
        elif run and (
            (character.isupper() and run[-1].islower()) or character.isdecimal() != run[-1].isdecimal()
        ):
            parts, run = [*parts, run], character
        else:
            run += character
    return [part for part in [*parts, run] if part]


class _Expansions(dict[str, tuple[str, ...]]):
    """Word -> its terms, worked out once: source text repeats a small vocabulary without end."""

    def __init__(self) -> None:
        self._stem = Stemmer.Stemmer("porter").stemWord

    def __missing__(self, word: str) -> tuple[str, ...]:
        if len(self) >= MAX_REMEMBERED_WORDS:
            self.clear()
        terms = self[word] = self._expand(word)
        return terms

    def _expand(self, word: str) -> tuple[str, ...]:
        if len(word) > MAX_TERM_LENGTH:
            return ()
        whole = word.lower()
        parts = split_identifier(word)
        stems = tuple(self._stem(part) or part for part in parts)  # "s" has an empty stem
        return stems if parts == [whole] else (whole, *stems)


_expansions = _Expansions()


def terms(text: str) -> list[str]:
    """The terms of code or prose, in order, with repeats.

    `std::vector`, `a.b.c` and `kebab-case` are several identifiers; words over MAX_TERM_LENGTH are none.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return list(chain.from_iterable(map(_expansions.__getitem__, _WORD.findall(text))))


def code_search_text(
    *, text: str, path: str, symbol: str, signature: str, doc: str, members: Iterable[str] = ()
) -> str:
    """What BM25 sees of a chunk: its terms, with path and symbol weighing more, joined by blanks."""
    found = terms(text)
    found += terms(path) * PATH_WEIGHT
    found += terms(symbol) * SYMBOL_WEIGHT
    found += terms(f"{signature} {doc} {' '.join(members)}")
    return " ".join(found)


def summary_search_text(*, summary: str, symbol: str, path: str) -> str:
    """What BM25 sees of a description: its terms, and those of symbol and path."""
    return " ".join([*terms(summary), *terms(symbol), *terms(path)])


def query_terms(query: str) -> list[str]:
    """The distinct terms of a query, in order.

    Stop words leave a question in prose; they stay where the query is written like code, is short, or would
    lose every word.
    """
    words = query.split()
    if len(words) >= _PROSE_WORDS and not _CODE_MARK.search(query):
        telling = [word for word in words if word.strip(".,;:!?\"'").lower() not in _STOP_WORDS]
        words = telling or words
    return list(dict.fromkeys(terms(" ".join(words))))
