"""The working tree of a git repository: what is on disk, committed or not."""

from __future__ import annotations

from pathlib import Path

from indexer.git.commits import resolve_commit
from indexer.git.objects import tracked_paths
from indexer.sources.folder import FolderSource
from indexer.sources.source import Snapshot


class WorktreeSource(FolderSource):
    """Tracked files, and untracked ones that no .gitignore leaves out, as they stand on disk.

    git is asked for its index only: looking at the tree through git would run the repository's own file
    monitor and filters. The user's global ignore file does not count.
    """

    def __init__(self, name: str, folder: Path, git_dir: Path) -> None:
        super().__init__(name, folder)
        self._git_dir = git_dir

    def snapshot(self) -> Snapshot:
        """See `Source.snapshot`. The commit is the one checked out."""
        commit = resolve_commit(self._git_dir, "")
        entries = super().snapshot().entries
        return Snapshot(commit.id if commit else "", commit.committed_at if commit else 0, entries)

    def _tracked(self) -> set[bytes]:
        return tracked_paths(self._git_dir)
