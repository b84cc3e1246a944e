"""Candidates that need no fusion: exact matches, and definitions by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from search_api.ranking.symbols import beginning_with, definitions, nearly_named
from search_api.retrieval.fuse import Candidate, Candidates

if TYPE_CHECKING:
    from index_store.catalogue import Catalogue
    from search_api.retrieval.pattern import LineMatch

# A further match in the same chunk says little; it only orders what is otherwise equal.
_FURTHER_MATCH = 0.01

# How sure a look-up by name is, from the full qualified name down to a name that only begins alike.
_DEFINES = 1.0
_HOLDS = 0.75
_BEGINS_WITH = 0.5
_NEARLY = 0.25


def exact_candidates(matches: Mapping[int, Collection[LineMatch]]) -> Candidates:
    """Every matching chunk, those with more matching lines slightly ahead."""
    candidates: Candidates = {}
    for rank, (row, lines) in enumerate(matches.items(), start=1):
        candidates[row] = Candidate(row, score=1 + _FURTHER_MATCH * len(lines), ranks={"exact": rank})
    return candidates


def symbol_candidates(
    word: str, catalogue: Catalogue, allowed: Callable[[int], bool], members: Sequence[int] = ()
) -> Candidates:
    """The chunks that define a canonical word, then those with such a member, then those named alike.

    Alike are names that begin with it, or, where nothing else is found, names one slip from it.
    """
    candidates: Candidates = {}
    for row in definitions(word, catalogue, allowed):
        candidates[row] = Candidate(row, score=_DEFINES, signals=["name"])
    for row in members:
        member = Candidate(row, score=_HOLDS, signals=["member"], member=word.rpartition(".")[2])
        candidates.setdefault(row, member)
    for row in beginning_with(word, catalogue, allowed):
        candidates.setdefault(row, Candidate(row, score=_BEGINS_WITH, signals=["name-prefix"]))
    if not candidates:
        for row in nearly_named(word, catalogue, allowed):
            candidates[row] = Candidate(row, score=_NEARLY, signals=["near-name"])
    return candidates
