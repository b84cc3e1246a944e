"""What comes out of a model is checked before it goes anywhere: vectors, and descriptions."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model_chain.errors import BadReply
from model_chain.limits import LONGEST_DESCRIPTION_WORDS, SHORTEST_DESCRIPTION_WORDS, SHORTEST_VECTOR
from model_chain.protocol import CodeUnit
from model_chain.words import split_identifier, word_set

# A reply that repeats this many words in a row of what it was told has described nothing.
_ECHO_WORDS = 8

# Backticked, called, snake_case, dotted, or camelCase: what a reader would look for in the code.
_IDENTIFIER = re.compile(
    r"`([^`\s]+)`|\b([A-Za-z_]\w*)\(|\b(\w+_\w+)\b|\b([A-Za-z]\w+\.[a-z_]\w+)\b|\b([A-Za-z]*[a-z0-9][A-Z]\w*)\b"
)
_WORDS = re.compile(r"[A-Za-z0-9]+")

# Written in camelCase by everybody, in the code or not.
_PROPER_NAMES = word_set(
    """
    boolean booleans bytearray fastapi github gitlab graphql ios ipv4 ipv6 iterable javascript json latex
    linux macos mongodb mysql nosql numpy oauth oauth2 openapi opengl openssl postgresql pytorch sqlite
    tensorflow typescript websocket webassembly youtube
    """
)
_ABBREVIATIONS = frozenset({"e.g", "i.e"})


def checked_vectors(rows: Sequence[Sequence[float]], count: int, dimension: int) -> NDArray[np.float32]:
    """Rows as float32 of shape (count, dimension), finite and L2-normalised.

    Raises:
        BadReply: another count or dimension, a value that is not finite, or a vector without length.
    """
    if len(rows) != count:
        raise BadReply(f"The model gave {len(rows)} vectors for {count} texts.")
    sizes = {len(row) for row in rows}
    if sizes - {dimension}:
        raise BadReply(f"The model gave vectors of dimension {min(sizes - {dimension})}, not {dimension}.")
    vectors = np.asarray(rows, dtype=np.float64).reshape(count, dimension)
    with np.errstate(over="ignore"):
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(norms).all():
        raise BadReply("The model gave a vector with values that are not finite, or too large.")
    if count and norms.min() < SHORTEST_VECTOR:
        raise BadReply("The model gave a vector of length zero.")
    return np.asarray(vectors / norms, dtype=np.float32)


def description_fault(text: str, unit: CodeUnit, prompt: str) -> str | None:
    """Why a reply is no description of this unit, None where it is one.

    `prompt` is what the model was told, without the code: a reply that repeats it says nothing.
    """
    words = len(text.split())
    if "```" in text or "~~~" in text:
        return "it holds a code fence"
    if "<think" in text:
        return "it holds the model's thoughts"
    if words < SHORTEST_DESCRIPTION_WORDS:
        return f"it has {words} words, fewer than {SHORTEST_DESCRIPTION_WORDS}"
    if words > LONGEST_DESCRIPTION_WORDS:
        return f"it has {words} words, more than {LONGEST_DESCRIPTION_WORDS}"
    if _echoes(text, prompt):
        return "it repeats its instructions"
    invented = _invented(text, unit)
    return f"it names {', '.join(invented)}, which the code does not" if invented else None


def _echoes(text: str, prompt: str) -> bool:
    said, told = _WORDS.findall(text.lower()), f" {' '.join(_WORDS.findall(prompt.lower()))} "
    runs = (said[start : start + _ECHO_WORDS] for start in range(len(said) - _ECHO_WORDS + 1))
    return any(f" {' '.join(run)} " in told for run in runs)


def _invented(text: str, unit: CodeUnit) -> list[str]:
    """Identifiers of a reply that do not occur in the code, whole or word by word."""
    code = "\n".join((unit.language, unit.symbol, unit.signature, unit.doc, *unit.calls, unit.text)).lower()
    words = set(split_identifier(code).split()) | set(_WORDS.findall(code))
    named = {next(filter(None, match)).strip(".,:;()'\"") for match in _IDENTIFIER.findall(text)}
    return sorted(
        name
        for name in named
        if name.lower() not in code
        and name.lower() not in _PROPER_NAMES | _ABBREVIATIONS
        and not words.issuperset(split_identifier(name).split())
    )
