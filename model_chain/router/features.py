"""A text as weighted features: words, pairs, word pieces, and the shape of what is no plain word.

Features are strings hashed into a fixed number of slots, so that no vocabulary is shipped and no text is ever
out of it. Word pieces carry typos, inflection and languages close to each other.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from itertools import pairwise

SLOTS = 1 << 16
PIECES = (3, 4, 5)  # letters of a word piece
MOST_WORDS = 80  # of a text that are read: what is asked for stands at its beginning or its end
_TAIL_WORDS = 20

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?|[^\w\s]|_")
_PATH = re.compile(r"\w/\w|\w\.\w{1,4}\b")
_NAME = re.compile(r"\w_\w|[a-z][A-Z]|\w\(")
_PLAIN = re.compile(r"[aA]?a?|a['\u2019]a")
# Courtesy says nothing about the work, but would take the first word's place.
_COURTESY = re.compile(
    r"^(?:(?:please|pls|plz|can you|could you|would you|hey|hi|ok|now|next|just|quick|let's|go ahead and|"
    r"i need you to|we need to|i'd like you to|bitte|kannst du|por favor|s'il te pla[iî]t)[ ,:]+)+",
    re.IGNORECASE,
)
_WEIGHTS = {"piece": 0.35, "skip": 0.6}


def features(text: str) -> dict[str, float]:
    """Named features of a text and their weights."""
    found: dict[str, float] = {}
    for kind, value in _named(text.strip()):
        name = f"{kind}:{value}"
        found[name] = found.get(name, 0.0) + _WEIGHTS.get(kind, 1.0)
    return found


def slot(name: str) -> int:
    """Where a feature's weights are."""
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) % SLOTS


def _named(text: str) -> Iterator[tuple[str, str]]:
    asked = _COURTESY.sub("", text) or text
    for token in _ends(asked.split()):
        shape = _shape(token.strip(".,!?"))
        if not _PLAIN.fullmatch(shape):
            yield "shape", shape[:12]
    words = _ends(_WORD.findall(asked.lower()))
    for word in words:
        yield "word", word
        if word.isalpha():
            yield from (("piece", piece) for piece in _pieces(word))
    for first, second in pairwise(["<", *words, ">"]):
        yield "pair", f"{first} {second}"
    for first, second in zip(words, words[2:], strict=False):
        yield "skip", f"{first} {second}"
    for position, word in enumerate(words[:3]):
        yield f"at {position}", word
    if words:
        yield "last", words[-1]
    yield "length", str(min(len(words) // 3, 6))
    yield "question", str(text.endswith("?"))
    yield "path", str(_PATH.search(text) is not None)
    yield "name", str(_NAME.search(text) is not None)


def _ends(words: list[str]) -> list[str]:
    if len(words) <= MOST_WORDS:
        return words
    return [*words[: MOST_WORDS - _TAIL_WORDS], *words[-_TAIL_WORDS:]]


def _pieces(word: str) -> Iterator[str]:
    padded = f"<{word[:40]}>"
    for length in PIECES:
        for start in range(len(padded) - length + 1):
            yield padded[start : start + length]


def _shape(word: str) -> str:
    return re.sub(r"[a-z]+", "a", re.sub(r"[A-Z]+", "A", re.sub(r"\d+", "0", word[:200])))
