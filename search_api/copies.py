"""Copies of one piece of code in several repositories are one hit, which says where else it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from index_store.catalogue import Catalogue
    from search_api.retrieval.fuse import Candidate

Copies = dict[int, list[int]]


def fold_copies(
    ranked: Sequence[Candidate], catalogue: Catalogue, allowed: Callable[[int], bool], wanted: int
) -> tuple[list[Candidate], Copies]:
    """The candidates without those that are copies of a better one, and the copies of the first `wanted`.

    All allowed copies are named, also those that no list found. SECURITY: `allowed` is what keeps a copy in a
    repository that the caller may not see from being named or counted.
    """
    kept: list[Candidate] = []
    copies: Copies = {}
    folded: set[int] = set()
    for candidate in ranked:
        if candidate.row in folded:
            continue
        if len(kept) < wanted:
            found = [row for row in catalogue.near_copies(candidate.row) if allowed(row)]
            copies[candidate.row] = [row for row in found if row not in copies and row not in folded]
            folded.update(found)
        kept.append(candidate)
    return kept, copies
