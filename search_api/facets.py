"""What was found, counted by what it can be narrowed to."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from search_api.answer import Facets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index_store.catalogue import Catalogue, TextColumn
    from search_api.retrieval.fuse import Candidate


def count_facets(ranked: Sequence[Candidate], catalogue: Catalogue) -> Facets:
    """Count every page of an answer.

    SECURITY: a count is an answer too; what was ranked has passed the caller's scope.
    """
    return Facets(
        total=len(ranked),
        repos=_counted(ranked, catalogue.repo),
        languages=_counted(ranked, catalogue.language),
        kinds=_counted(ranked, catalogue.kind),
    )


def _counted(ranked: Sequence[Candidate], column: TextColumn) -> dict[str, int]:
    counts = Counter(column[candidate.row] for candidate in ranked)
    # A file without a language has "" there, which is nothing to filter by.
    return {value: count for value, count in counts.most_common() if value}
