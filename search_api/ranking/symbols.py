"""Symbols that a query names, and where the generation defines them."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from search_api.limits import MAX_DEFINITIONS, MAX_NAMESAKES, MAX_SYMBOL_WORDS, MIN_MISTYPED
from search_api.query import looks_like_symbol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from index_store.catalogue import Catalogue

_WORD = re.compile(r"[^\s,;`'\"]+")
_QUALIFIERS = re.compile(r"::|->|[.#/\\]")


def symbol_words(text: str) -> tuple[str, ...]:
    """The words of a query that are written like symbols, normalised as `canonical` does."""
    words = (word.strip("?!.:()[]{}<>") if not word.endswith("()") else word for word in _WORD.findall(text))
    found = (canonical(word) for word in words if word and looks_like_symbol(word))
    return tuple(dict.fromkeys(found))[:MAX_SYMBOL_WORDS]


def canonical(symbol: str) -> str:
    """One spelling for `a::b`, `a->b`, `A#b` and `a.b()`: dots, no call, as the index stores symbols."""
    return ".".join(part for part in _QUALIFIERS.split(symbol.removesuffix("()")) if part)


def defines(symbol: str, word: str) -> bool:
    """Whether a stored qualified symbol is what a canonical word names: `Session.refresh` for `refresh`."""
    stored = canonical(symbol)
    return stored == word or stored.endswith("." + word)


# Chunks that carry a name without defining it: headings, what stands between definitions, windows, and test
# blocks, which are named after what they test.
_NOT_DEFINING = frozenset({"section", "module", "window", "config", "element", "rule", "test"})


def definitions(word: str, catalogue: Catalogue, allowed: Callable[[int], bool]) -> list[int]:
    """The rows that define what a canonical word names, at most MAX_DEFINITIONS.

    A qualified word that nothing matches in full (`requests.Session.get` where `Session.get` is defined
    elsewhere) falls back to the longest tail that is. Names are compared as written, then without case.
    """
    parts = word.split(".")
    rows = _defining(catalogue.by_folded_name(parts[-1])[:MAX_NAMESAKES], catalogue)
    as_written = [row for row, name in zip(rows, catalogue.name.take(rows), strict=True) if name == parts[-1]]
    for named in (as_written, rows):
        for start in range(len(parts)):
            tail = ".".join(parts[start:]).casefold()
            matching = (
                row for row in named if defines(catalogue.symbol[row].casefold(), tail) and allowed(row)
            )
            if found := list(islice(matching, MAX_DEFINITIONS)):
                return found
    return []


def nearly_named(word: str, catalogue: Catalogue, allowed: Callable[[int], bool]) -> list[int]:
    """The rows that define what a mistyped word means: its last part is one slip off, its first letter right.

    A slip is a letter too many, too few or wrong, or two that changed places. At most MAX_DEFINITIONS.
    """
    name = word.rpartition(".")[2].casefold()
    if len(name) < MIN_MISTYPED:
        return []
    near = catalogue.folded_names(name[0], range(len(name) - 1, len(name) + 2))
    rows = [row for meant in near if is_one_slip(name, meant) for row in catalogue.by_folded_name(meant)]
    return list(islice(filter(allowed, _defining(rows[:MAX_NAMESAKES], catalogue)), MAX_DEFINITIONS))


def is_one_slip(typed: str, meant: str) -> bool:
    """Whether two different words are one slip of the fingers apart."""
    difference = len(typed) - len(meant)
    if abs(difference) > 1 or typed == meant:
        return False
    same = next((at for at, (one, other) in enumerate(zip(typed, meant, strict=False)) if one != other), -1)
    if same < 0:
        return True  # one is the other and a letter more
    if difference:
        shorter, longer = sorted((typed[same:], meant[same:]), key=len)
        return longer[1:] == shorter
    rest, other_rest = typed[same:], meant[same:]
    return rest[1:] == other_rest[1:] or (rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:])


def beginning_with(word: str, catalogue: Catalogue, allowed: Callable[[int], bool]) -> list[int]:
    """The rows that define a symbol whose last parts begin like a canonical word, whatever the case."""
    folded = word.casefold()
    prefix = folded.rpartition(".")[2]
    codes = catalogue.name.code_range(prefix, lambda name: name.casefold()[: len(prefix)])
    named = np.flatnonzero((catalogue.name.codes >= codes.start) & (catalogue.name.codes < codes.stop))
    found = (
        row
        for row in _defining(named[:MAX_NAMESAKES], catalogue)
        if "." + folded in "." + canonical(catalogue.symbol[row]).casefold() and allowed(row)
    )
    return list(islice(found, MAX_DEFINITIONS))


def _defining(rows: Sequence[int] | NDArray[np.int64], catalogue: Catalogue) -> list[int]:
    """Those of some rows that define what they are named after; thousands share some names."""
    among = np.asarray(rows, np.int64)
    kinds = np.array([kind not in _NOT_DEFINING for kind in catalogue.kinds], bool)
    first_parts = catalogue.part.at(among) == 0
    found: list[int] = among[first_parts & kinds[catalogue.kind.codes[among]]].tolist()
    return found
