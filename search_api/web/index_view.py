"""What a page says about the index itself, as far as the caller may see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from search_api.web.facets import Tally

if TYPE_CHECKING:
    from collections.abc import Collection

    from index_store.schema import RepositoryState
    from search_api.answer import Facets
    from search_api.serving import OpenGeneration

# A generation never changes, so it is counted once.
_tallies: WeakKeyDictionary[OpenGeneration, Tally] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class IndexView:
    """One generation as one caller sees it."""

    generation: int
    built_at: str
    embedder: str
    repositories: list[RepositoryState]
    facets: Facets

    @property
    def stale(self) -> list[RepositoryState]:
        """The repositories that could not be read last night."""
        return [state for state in self.repositories if state.stale]


def index_view(generation: OpenGeneration, scope: Collection[str] | None) -> IndexView:
    """The index as far as `scope` reaches; None means all of it."""
    tally = _tallies.get(generation)
    if tally is None:
        tally = _tallies[generation] = Tally.of(generation.reader.catalogue)
    manifest = generation.reader.manifest
    return IndexView(
        generation=manifest.generation,
        built_at=manifest.built_at,
        embedder=f"{manifest.embedder.provider}/{manifest.embedder.model}",
        repositories=sorted(
            (state for state in manifest.repositories if scope is None or state.name in scope),
            key=lambda state: state.name,
        ),
        facets=tally.within(scope),
    )
