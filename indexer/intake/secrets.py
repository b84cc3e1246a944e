"""Takes secrets out of a text before anything else sees it.

SECURITY: what `redact` leaves in is chunked, embedded, shown, sent to models and kept for several nights.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import re2

from indexer.intake.secret_rules import (
    LEAST_ENTROPY,
    LEAST_LENGTH,
    PLACEHOLDER,
    PUBLIC_VALUE,
    RULES,
    Shape,
)
from indexer.limits import CLUES_MEMORY, KEY_BLOCK_BYTES, KEY_RUN

_Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without secrets: as many lines, each as long as before. `found` counts them by rule."""

    text: str
    found: Mapping[str, int]


def redact(text: str) -> Redacted:
    """Replace every secret by its rule's name, as long as what it replaces."""
    rules = _compiled()
    data = text.encode()
    found: Counter[str] = Counter()
    for index in rules.clues.Match(data) or ():
        rule = RULES[index]
        spans = list(_spans(index, data))
        if spans:
            found[rule.name] += len(spans)
            data = _without(data, spans, rule.name)
    return Redacted(data.decode(), found) if found else Redacted(text, {})


def holds_secret(text: str) -> bool:
    """Tell whether `redact` would change a text."""
    return bool(redact(text).found)


@dataclass(frozen=True, slots=True)
class _Compiled:
    clues: Any  # re2 has no types
    patterns: tuple[Any, ...]
    placeholder: Any
    public: Any
    key_run: Any


@cache
def _compiled() -> _Compiled:
    options = re2.Options()
    options.max_mem = CLUES_MEMORY
    clues = re2.Set.SearchSet(options)
    for rule in RULES:
        clues.Add(rule.clue.encode())
    clues.Compile()
    return _Compiled(
        clues,
        tuple(re2.compile(rule.pattern.encode()) for rule in RULES),
        re2.compile(PLACEHOLDER.encode()),
        re2.compile(PUBLIC_VALUE.encode()),
        re2.compile(rb"[A-Za-z0-9+/=]{%d,}" % KEY_RUN),
    )


def _spans(index: int, data: bytes) -> Iterator[_Span]:
    """Where the secrets of one rule stand, in order and apart."""
    pattern, shape = _compiled().patterns[index], RULES[index].shape
    reached = 0
    for match in pattern.finditer(data):
        if shape is Shape.KEY_BLOCK:
            span = _key_block(data, match.end()) if match.end() >= reached else None
        else:
            group = next(number for number in range(pattern.groups, 0, -1) if match.span(number)[0] >= 0)
            span = match.span(group) if _is_secret(match.group(group), shape) else None
        if span is not None:
            yield span
            reached = span[1]


def _key_block(data: bytes, begin: int) -> _Span | None:
    """What stands between the marks of a private key, if it is one; code may only name the marks."""
    rules = _compiled()
    end = data.find(b"-----END", begin, begin + KEY_BLOCK_BYTES)
    if end >= 0:
        return (begin, end) if rules.key_run.search(data, begin, end) else None
    # Cut off: as far as lines of a key go.
    end = begin
    for line in data[begin : begin + KEY_BLOCK_BYTES].split(b"\n")[1:]:
        if not rules.key_run.search(line):
            break
        end = data.index(line, end) + len(line)
    return (begin, end) if end > begin else None


def _is_secret(value: bytes, shape: Shape) -> bool:
    if len(value) < LEAST_LENGTH[shape] or _entropy(value) < LEAST_ENTROPY[shape]:
        return False
    if shape is Shape.TOKEN:
        return True
    rules = _compiled()
    if rules.placeholder.search(value) or rules.public.match(value):
        return False
    digits = sum(byte in b"0123456789" for byte in value)
    letters = sum(chr(byte).isalpha() for byte in value)
    if shape is Shape.PASSWORD:
        return letters > 0 and (digits > 0 or not value.isalnum())
    mixed = value.lower() != value and value.upper() != value
    looks_random = letters > 0 and digits > 1 and (mixed or digits > len(value) // 8)
    return looks_random and (shape is not Shape.BARE or mixed or len(value) > 2 * LEAST_LENGTH[shape])


def _entropy(value: bytes) -> float:
    """Shannon's, in bits a byte."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())


def _without(data: bytes, spans: list[_Span], name: str) -> bytes:
    parts: list[bytes] = []
    end = 0
    for start, stop in spans:
        parts += (data[end:start], _mask(data[start:stop], name))
        end = stop
    return b"".join((*parts, data[end:]))


def _mask(secret: bytes, name: str) -> bytes:
    """As many characters, every newline in its place."""
    mark = f"REDACTED_{name.upper()}"
    lines = secret.decode().split("\n")
    return "\n".join(mark[: len(line)].ljust(len(line), "_") for line in lines).encode()
