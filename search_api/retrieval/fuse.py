"""Fusion of candidate lists: a weighted sum of their scores, each brought to 0..1 within its list.

Ranks throw away by how much a hit leads, which is most of what a list knows. Source: Bruch, Gai, Ingber, "An
Analysis of Fusion Functions for Hybrid Retrieval", ACM TOIS 2023; the shares by query kind are semble's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from search_api.ranking.weights import RankingWeights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from index_store.matches import Matches

DENSE_LISTS = ("code", "summary")
_DESCRIPTION_LISTS = ("summary", "description")


@dataclass(slots=True)
class Candidate:
    """One chunk on its way to being a hit.

    Attributes:
        row: its row in the generation.
        score: comparable within one answer only.
        ranks: the lists that found it, and its rank in each, from 1.
        signals: what moved it, in order.
        member: the name for which it is one, where it defines that among other things.
    """

    row: int
    score: float = 0.0
    ranks: dict[str, int] = field(default_factory=dict)
    signals: list[str] = field(default_factory=list)
    member: str = ""


Candidates = dict[int, Candidate]


def fuse(
    lists: Mapping[str, Matches],
    weights: RankingWeights,
    *,
    symbol_like: bool,
    wanted: int,
    no_match_at: int,
) -> Candidates:
    """Join lists of matches, best first, into candidates by row, with scores from 0 to 1.

    The first of each list are candidates, `wanted` in all, and a list says of the others' what it knows
    further down: what it puts last of all is no match, what it just left out nearly one. The dense lists
    share their part, the lexical ones theirs, descriptions a little less of it than code; where one side is
    missing altogether (no embedder), the other has it all.
    """
    dense_share = weights.dense_share_symbol if symbol_like else weights.dense_share_language
    dense = [name for name in DENSE_LISTS if lists.get(name)]
    lexical = [name for name in lists if name not in DENSE_LISTS and lists[name]]
    if not lexical:
        dense_share = 1.0
    elif not dense:
        dense_share = 0.0
    shares = _shares(dense, dense_share, weights) | _shares(lexical, 1 - dense_share, weights)
    if not shares:
        return {}
    depth = wanted // len(shares)
    rows, places = np.unique(np.concatenate([lists[name].rows for name in shares]), return_inverse=True)
    scores = np.zeros(len(rows))
    leading = np.zeros(len(rows), bool)
    for name, share in shares.items():
        here, places = places[: len(lists[name])], places[len(lists[name]) :]
        worths, beyond = _worths(lists[name], no_match_at if name in DENSE_LISTS else None)
        said = np.full(len(rows), beyond)
        said[here] = worths
        scores += share * said
        leading[here[:depth]] = True
    found = zip(rows[leading].tolist(), np.maximum(scores[leading], 0).tolist(), strict=True)
    candidates = {row: Candidate(row, score, {}, []) for row, score in found}
    for name in shares:
        for rank, row in enumerate(lists[name].rows[:depth].tolist(), start=1):
            candidates[row].ranks[name] = rank
    return candidates


def _shares(names: Sequence[str], whole: float, weights: RankingWeights) -> dict[str, float]:
    """The part of each list in what they share."""
    parts = {name: weights.described if name in _DESCRIPTION_LISTS else 1.0 for name in names}
    return {name: whole * part / sum(parts.values()) for name, part in parts.items()}


def _worths(matches: Matches, no_match_at: int | None) -> tuple[NDArray[np.float64], float]:
    """What a list says of each of its rows, 1 of the best; and of any other row.

    No BM25 is no match at all; the cosine of what has nothing to do with a query is some way above 0: that of
    place `no_match_at` is taken for it. What is further away than the list goes is as far as its end.
    """
    scores = matches.scores.astype(np.float64)
    least = 0.0 if no_match_at is None else scores[:no_match_at][-1]
    span = scores[0] - least
    if span <= 0:
        return np.ones(len(scores)), 0.0
    worths = (scores - least) / span
    return worths, 0.0 if no_match_at is None else float(worths[-1])
