"""From a definition to the source that reads it."""

from __future__ import annotations

from pathlib import Path

from indexer.errors import SourceUnreadable
from indexer.git.layout import find_git_dir
from indexer.git.mirrors import Mirror
from indexer.sources.cards import CardsSource
from indexer.sources.definition import SourceDefinition, SourceKind
from indexer.sources.folder import FolderSource
from indexer.sources.mirror import MirrorSource
from indexer.sources.repository import RepositorySource
from indexer.sources.source import Source
from indexer.sources.worktree import WorktreeSource


def open_source(definition: SourceDefinition, mirrors_dir: Path) -> Source:
    """Return the source a definition names; a local path that is no git repository is read as a folder.

    Raises:
        SourceMissing: its path is not there.
        SourceUnreadable: it cannot be looked into, or has no working tree to read.
    """
    if definition.kind is SourceKind.MIRROR:
        return MirrorSource(
            Mirror(
                mirrors_dir,
                definition.name,
                definition.location,
                definition.branch,
                definition.private_network,
            )
        )
    folder = Path(definition.location)
    git_dir = find_git_dir(folder)
    if not folder.is_dir():
        raise SourceUnreadable(f"{folder} is not a folder: name the folder it lies in in repos.toml")
    if definition.kind is SourceKind.CARDS:
        return CardsSource(definition.name, folder)
    if definition.kind is SourceKind.FOLDER or git_dir is None:
        return FolderSource(definition.name, folder)
    if not definition.worktree:
        return RepositorySource(definition.name, git_dir, definition.branch)
    if git_dir == folder:
        raise SourceUnreadable(f"{folder} is bare and has no working tree: remove worktree from repos.toml")
    return WorktreeSource(definition.name, folder, git_dir)
