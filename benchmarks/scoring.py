"""NDCG@10 over targets, the mean of it by group, and how far chance may have moved that mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log2

import numpy as np

from benchmarks.annotations import Target

DEPTH = 10
RESAMPLES = 2_000
_SEED = 7


@dataclass(frozen=True, slots=True)
class Place:
    """Where a returned chunk lies; lines from 1, both inclusive."""

    path: str
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Scored:
    """One question with its NDCG@10 and how long its answer took."""

    repo: str
    language: str
    category: str
    text: str
    ndcg: float
    seconds: float


def ndcg(found: Sequence[Place], targets: Sequence[Target]) -> float:
    """Binary NDCG@10: each target counts at the rank of the first chunk that covers it; 0 without targets.

    Source: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002.
    """
    ideal = sum(1 / log2(1 + rank) for rank in range(1, min(DEPTH, len(targets)) + 1))
    gained = 0.0
    for target in targets:
        for rank, place in enumerate(found[:DEPTH], start=1):
            if target.covered_by(place.path, place.start_line, place.end_line):
                gained += 1 / log2(1 + rank)
                break
    return gained / ideal if ideal else 0.0


def overall(scores: Iterable[Scored]) -> float:
    """The mean over repositories of the mean over their questions."""
    return mean(by(scores, lambda scored: scored.repo).values())


def by(scores: Iterable[Scored], group: Callable[[Scored], str]) -> dict[str, float]:
    """The mean over questions of each group, in the order in which the groups first occur."""
    groups: dict[str, list[float]] = defaultdict(list)
    for scored in scores:
        groups[group(scored)].append(scored.ndcg)
    return {name: mean(values) for name, values in groups.items()}


def mean(values: Iterable[float]) -> float:
    """The arithmetic mean; 0 of nothing."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0


def interval(by_repository: Mapping[str, Sequence[float]]) -> tuple[float, float]:
    """The 95 % bootstrap interval of the overall mean of scores, or of differences between two runs.

    Repositories are drawn with replacement, then questions within each: the range speaks of repositories
    like these, not of these alone. Source: Davison and Hinkley, "Bootstrap Methods", 1997, section 3.8.
    """
    columns = [np.asarray(values, dtype=np.float64) for values in by_repository.values() if len(values)]
    if not columns:
        return 0.0, 0.0
    random = np.random.default_rng(_SEED)
    means = np.empty(RESAMPLES)
    for sample in range(RESAMPLES):
        drawn = random.integers(len(columns), size=len(columns))
        means[sample] = np.mean(
            [random.choice(columns[which], len(columns[which])).mean() for which in drawn]
        )
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def values_by_repository(scores: Iterable[Scored]) -> dict[str, list[float]]:
    """The scores of each repository's questions."""
    found: dict[str, list[float]] = defaultdict(list)
    for scored in scores:
        found[scored.repo].append(scored.ndcg)
    return dict(found)


def differences(new: Iterable[Scored], old: Iterable[Scored]) -> dict[str, list[float]]:
    """New minus old for each question both runs asked, by repository."""
    before = {(scored.repo, scored.text): scored.ndcg for scored in old}
    found: dict[str, list[float]] = defaultdict(list)
    for scored in new:
        if (key := (scored.repo, scored.text)) in before:
            found[scored.repo].append(scored.ndcg - before[key])
    return dict(found)


def percentile(seconds: Sequence[float], share: float) -> float:
    """The value below which a share of the measurements lies; 0 of nothing."""
    return float(np.quantile(seconds, share)) if seconds else 0.0
