"""What is served, as one caller may see it."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from search_api.caller import LOCAL
from search_api.schemas import Repositories, Repository, Status

if TYPE_CHECKING:
    from search_api.caller import Caller
    from search_api.serving import OpenGeneration


def status_of(generation: OpenGeneration, caller: Caller) -> Status:
    """What is being served; counts are over what the caller may see."""
    manifest = generation.reader.manifest
    embedder = manifest.embedder
    visible = [state for state in manifest.repositories if caller.may_see(state.name)]
    return Status(
        version=version("nightdex"),
        generation=manifest.generation,
        built_at=manifest.built_at,
        embedder=f"{embedder.provider}/{embedder.model}@{embedder.digest[:12]}",
        embedder_up=generation.embedder.is_up,
        chunks=sum(state.chunks for state in visible),
        repositories=len(visible),
        stale_repositories=[state.name for state in visible if state.stale],
    )


def repositories_of(generation: OpenGeneration, caller: Caller) -> Repositories:
    """Every repository that the caller may see, by name."""
    manifest = generation.reader.manifest
    return Repositories(
        generation=manifest.generation,
        repositories=[
            Repository(
                name=state.name,
                branch=state.branch,
                commit=state.commit,
                committed_at=state.committed_at,
                files=state.files,
                chunks=state.chunks,
                indexed_at=state.indexed_at,
                stale=state.stale,
                stale_reason=state.stale_reason,
                # Where a repository lies is nobody's business but this machine's.
                location=state.location if caller == LOCAL else "",
            )
            for state in sorted(manifest.repositories, key=lambda state: state.name)
            if caller.may_see(state.name)
        ],
    )
