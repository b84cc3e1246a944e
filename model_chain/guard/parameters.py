"""What a parameter expansion makes of a value it knows: `${x,,}`, `${x#pre}`, `${x/a/b}`, `${x:1:2}`."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase

_SUBSTRING = re.compile(r":\s*(-?\d+)(?::\s*(-?\d+))?")
_REPLACEMENT = re.compile(r"(//?)([^/*?\[$`]+)(?:/([^$`]*))?")
_TRIMMING = re.compile(r"(##?|%%?)([^$`]+)")
_CASES: dict[str, Callable[[str], str]] = {
    "^^": str.upper,
    "^": lambda value: value[:1].upper() + value[1:],
    ",,": str.lower,
    ",": lambda value: value[:1].lower() + value[1:],
    "@U": str.upper,
    "@L": str.lower,
}


def transformed(value: str, operation: str) -> str | None:
    """The value after the operation (what stands between the name and the brace); None where unknown."""
    if operation in _CASES:
        return _CASES[operation](value)
    if found := _SUBSTRING.fullmatch(operation):
        start, end = int(found[1]), None if found[2] is None else int(found[2])
        rest = value[start:]
        return rest if end is None else rest[:end]
    if found := _REPLACEMENT.fullmatch(operation):
        return value.replace(found[2], found[3] or "", -1 if found[1] == "//" else 1)
    if found := _TRIMMING.fullmatch(operation):
        return _trimmed(value, found[2].strip("\"'"), found[1])
    return None


def _trimmed(value: str, pattern: str, operator: str) -> str:
    lengths = range(len(value) + 1) if len(operator) == 1 else range(len(value), -1, -1)
    for length in lengths:
        cut = len(value) - length
        piece, rest = (value[:length], value[length:]) if operator[0] == "#" else (value[cut:], value[:cut])
        if fnmatchcase(piece, pattern):
            return rest
    return value
