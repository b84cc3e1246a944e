"""Identifiers and paths as words: `refreshSession` and "refresh session" are the same thing to a reader."""

from __future__ import annotations

import re
from functools import lru_cache

_CAMEL_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_A_WORD = re.compile(r"[\W_]+")

# A file that moves between top folders must keep its words, and so its embed hash.
PATH_COMPONENTS = 2

# Names come back: a callee in many places, a path with every chunk of its file. A few MB.
NAMES_REMEMBERED = 16_384


@lru_cache(NAMES_REMEMBERED)
def split_identifier(identifier: str) -> str:
    """Lowercase words of an identifier, qualified or not, separated by single spaces."""
    spaced = _CAMEL_BOUNDARY.sub(" ", identifier)
    return _NOT_A_WORD.sub(" ", spaced).strip().lower()


@lru_cache(NAMES_REMEMBERED)
def path_words(path: str) -> str:
    """Lowercase words of the last two path components, without the file's extension."""
    components = path.split("/")[-PATH_COMPONENTS:]
    stem, _, _ = components[-1].rpartition(".")
    return split_identifier(" ".join([*components[:-1], stem or components[-1]]))


def word_set(words: str) -> frozenset[str]:
    """The whitespace-separated words of a list that is kept readable as text."""
    return frozenset(words.split())
