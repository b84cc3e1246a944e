"""What can be filtered by: repositories, languages and kinds, with how many chunks or hits each has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from search_api.answer import Facets

if TYPE_CHECKING:
    from index_store.catalogue import Catalogue, TextColumn
    from search_api.query import Query


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter. `count` is None where it was not counted: another value is chosen beside it."""

    value: str
    count: int | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class FilterGroup:
    """A filter by its name in addresses and its label, with every value that can be chosen."""

    name: str
    label: str
    choices: Sequence[Choice]


def filter_groups(
    index: Facets, found: Facets | None, query: Query | None, chosen: Mapping[str, Collection[str]]
) -> list[FilterGroup]:
    """The filters beside an answer: what is chosen first, then what has hits, then the rest of the index.

    Without an answer (`found` is None) the counts are of the index.
    """
    # By what the query is narrowed to, ticked or written into it, nothing else could be found.
    narrowed = (query.repos, query.languages, query.kinds) if query else ((), (), ())
    groups = []
    for (name, label, attribute), values in zip(_FILTERS, narrowed, strict=True):
        counts: dict[str, int] = getattr(index if found is None else found, attribute)
        choices = [
            Choice(
                value, None if values and value not in values else counts.get(value, 0), value in chosen[name]
            )
            for value in getattr(index, attribute)
        ]
        if found is not None:
            choices.sort(key=lambda choice: (not choice.chosen, -(choice.count or 0)))
        groups.append(FilterGroup(name, label, choices))
    return groups


_FILTERS = (
    ("repo", "Repositories", "repos"),
    ("lang", "Languages", "languages"),
    ("kind", "Kinds", "kinds"),
)


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
        repos = {repo: self._kinds[repo].total() for repo in seen}
        return Facets(
            total=sum(repos.values()),
            repos=repos,
            languages=dict(_summed(self._languages[repo] for repo in seen).most_common()),
            kinds=dict(_summed(self._kinds[repo] for repo in seen).most_common()),
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
