"""Fusion of candidate lists by reciprocal rank.

Source: Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank
Learning Methods", SIGIR 2009; the shares by query kind are semble's (bench figures in FIELD.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from search_api.ranking.weights import RankingWeights

DENSE_LISTS = ("code", "summary")


@dataclass(slots=True)
class Candidate:
    """One chunk on its way to being a hit.

    Attributes:
        row: its row in the generation.
        score: comparable within one answer only.
        ranks: the lists that found it, and its rank in each, from 1.
        signals: what moved it, in order.
    """

    row: int
    score: float = 0.0
    ranks: dict[str, int] = field(default_factory=dict)
    signals: list[str] = field(default_factory=list)


Candidates = dict[int, Candidate]


def fuse(lists: Mapping[str, Sequence[int]], weights: RankingWeights, *, symbol_like: bool) -> Candidates:
    """Join lists of rows, best first, into candidates by row.

    The dense lists share their part equally, the lexical ones theirs; where one side is missing
    altogether (no embedder), the other has it all.
    """
    dense_share = weights.dense_share_symbol if symbol_like else weights.dense_share_language
    dense = [name for name in DENSE_LISTS if lists.get(name)]
    lexical = [name for name in lists if name not in DENSE_LISTS and lists[name]]
    shares = {name: dense_share / len(dense) for name in dense}
    shares |= {name: (1 - dense_share) / len(lexical) for name in lexical}
    candidates: Candidates = {}
    for name, share in shares.items():
        for rank, row in enumerate(lists[name], start=1):
            candidate = candidates.setdefault(row, Candidate(row))
            candidate.ranks[name] = rank
            candidate.score += share / (weights.rrf_k + rank)
    return candidates
