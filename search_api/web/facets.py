"""What can be filtered by: repositories, languages and kinds, with how many chunks each has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from index_store.catalogue import Catalogue, TextColumn

Counts = list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Facets:
    """Chunks per value, the most frequent first; repositories by name."""

    repos: Counts
    languages: Counts
    kinds: Counts


class Tally:
    """Chunks per repository and language, and per repository and kind, of one generation."""

    def __init__(self, languages: dict[str, Counter[str]], kinds: dict[str, Counter[str]]) -> None:
        self._languages = languages
        self._kinds = kinds

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        """Count once; the catalogue is in order of repositories, so each is a slice of it."""
        languages: dict[str, Counter[str]] = {}
        kinds: dict[str, Counter[str]] = {}
        for repo in catalogue.repos:
            code = catalogue.repo.code_range(repo).start
            first = int(np.searchsorted(catalogue.repo.codes, code, side="left"))
            last = int(np.searchsorted(catalogue.repo.codes, code, side="right"))
            languages[repo] = _counted(catalogue.language, first, last)
            kinds[repo] = _counted(catalogue.kind, first, last)
        return cls(languages, kinds)

    def within(self, scope: Collection[str] | None) -> Facets:
        """The facets of the repositories a caller may see; None means all.

        SECURITY: a count is an answer too; nothing outside the scope is added up.
        """
        seen = [repo for repo in self._languages if scope is None or repo in scope]
        return Facets(
            repos=[(repo, self._kinds[repo].total()) for repo in seen],
            languages=_summed(self._languages[repo] for repo in seen).most_common(),
            kinds=_summed(self._kinds[repo] for repo in seen).most_common(),
        )


def _counted(column: TextColumn, first: int, last: int) -> Counter[str]:
    values = column.distinct()
    counts = np.bincount(column.codes[first:last], minlength=len(values)).tolist()
    # A file without a language has "" there, which is nothing to filter by.
    return Counter({value: count for value, count in zip(values, counts, strict=True) if count and value})


def _summed(counters: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return total
