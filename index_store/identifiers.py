"""Code and prose into search terms: one splitter for what is stored and what is asked.

A term is a whole identifier as it is written, lower-cased (`http_server`, `httpserver`), or one of its parts,
lower-cased and Porter-stemmed (`http`, `server`). Terms hold no white space, so a whitespace tokeniser gives
back exactly them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import Stemmer

from index_store.limits import MAX_REMEMBERED_WORDS, MAX_TERM_LENGTH

# How often the words of a chunk's path and symbol count, beside their place in the text.
PATH_WEIGHT = 2
SYMBOL_WEIGHT = 2

_WORD = re.compile(r"\w+")
# Twice as fast as the pattern, with the same result.
_ASCII_BLANKS = str.maketrans({chr(code): " " for code in range(128) if not _WORD.match(chr(code))})
# Within ASCII: `URLs`, the HTTP of `HTTPServer`, `Server`, `ABC`, `42`.
_PART = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_BLANK = re.compile(r"\s")
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


class _Expansions(dict[str, str]):
    """Word -> its terms between blanks, worked out once: source text repeats a small vocabulary."""

    def __init__(self) -> None:
        self._stem = Stemmer.Stemmer("porter").stemWord

    def __missing__(self, word: str) -> str:
        if len(self) >= MAX_REMEMBERED_WORDS:
            self.clear()
        terms = self[word] = self._expand(word)
        return terms

    def _expand(self, word: str) -> str:
        if len(word) > MAX_TERM_LENGTH:
            return ""
        whole = word.lower()
        parts = split_identifier(word)
        stems = " ".join(self._stem(part) or part for part in parts)  # "s" has an empty stem
        return stems if parts == [whole] else f"{whole} {stems}".rstrip()


_expansions = _Expansions()


def terms(text: str) -> list[str]:
    """The terms of code or prose, in order, with repeats.

    `std::vector`, `a.b.c` and `kebab-case` are several identifiers; words over MAX_TERM_LENGTH are none.
    """
    return _terms(text).split()


def words(text: str) -> list[str]:
    """The runs of letters, digits and underscores of a text."""
    return text.translate(_ASCII_BLANKS).split() if text.isascii() else _WORD.findall(text)


def _terms(text: str) -> str:
    """The same between single blanks."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _joined(map(_expansions.__getitem__, words(text)))


# The path and the symbol of a chunk are asked for with its code and with its description.
_name_terms = lru_cache(maxsize=1024)(_terms)


def _joined(parts: Iterable[str]) -> str:
    return " ".join(filter(None, parts))


def code_search_text(
    *,
    text: str,
    path: str,
    symbol: str,
    signature: str,
    doc: str,
    members: Iterable[str] = (),
    defines: Iterable[str] = (),
) -> str:
    """What BM25 sees of a chunk: its terms, with path and symbol weighing more, joined by blanks.

    And for each name that it `defines` without being named so what `defining_term` says, as written and in
    lower case.
    """
    names = [_name_terms(path)] * PATH_WEIGHT + [_name_terms(symbol)] * SYMBOL_WEIGHT
    own = [_terms(text), *names, _terms(f"{signature} {doc} {' '.join(members)}")]
    names_defined = (name for name in defines if not _BLANK.search(name))
    defining = (defining_term(cased) for name in names_defined for cased in (name, name.lower()))
    return _joined([*own, *dict.fromkeys(defining)])


def defining_term(name: str) -> str:
    """The term of the chunks that define a name without being named so: no word of code or prose is one.

    A name in lower case has that of its namesakes in any case, as smart-case searches have it.
    """
    return f"={name}"


def summary_search_text(*, summary: str, symbol: str, path: str) -> str:
    """What BM25 sees of a description: its terms, and those of symbol and path."""
    return _joined([_terms(summary), _name_terms(symbol), _name_terms(path)])


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
