"""Fusion of candidate lists: a weighted sum of their scores, each brought to 0..1 within its list.

Ranks throw away by how much a hit leads, which is most of what a list knows. Source: Bruch, Gai, Ingber, "An
Analysis of Fusion Functions for Hybrid Retrieval", ACM TOIS 2023; the shares by query kind are semble's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from search_api.ranking.weights import RankingWeights

if TYPE_CHECKING:
    from index_store.matches import Matches

DENSE_LISTS = ("code", "summary")


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


def fuse(lists: Mapping[str, Matches], weights: RankingWeights, *, symbol_like: bool) -> Candidates:
    """Join lists of matches, best first, into candidates by row, with scores from 0 to 1.

    The dense lists share their part equally, the lexical ones theirs; where one side is missing
    altogether (no embedder), the other has it all.
    """
    dense_share = weights.dense_share_symbol if symbol_like else weights.dense_share_language
    dense = [name for name in DENSE_LISTS if lists.get(name)]
    lexical = [name for name in lists if name not in DENSE_LISTS and lists[name]]
    if not lexical:
        dense_share = 1.0
    elif not dense:
        dense_share = 0.0
    shares = {name: dense_share / len(dense) for name in dense}
    shares |= {name: (1 - dense_share) / len(lexical) for name in lexical}
    candidates: Candidates = {}
    for name, share in shares.items():
        matches = lists[name]
        best = matches[0].score
        # No BM25 is no match at all; the cosine of what has nothing to do with a query is some way above 0.
        least = matches[-1].score if name in DENSE_LISTS else 0.0
        span = best - least
        scores = matches.scores.astype(np.float64)
        worth = share * ((scores - least) / span if span > 0 else np.ones(len(scores)))
        for rank, (row, part) in enumerate(zip(matches.rows.tolist(), worth.tolist(), strict=True), start=1):
            if (candidate := candidates.get(row)) is None:
                candidates[row] = Candidate(row, part, {name: rank}, [])
            else:
                candidate.ranks[name] = rank
                candidate.score += part
    return candidates
