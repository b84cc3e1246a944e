"""A git repository at the commit of a branch, read from its objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from indexer.errors import SourceMissing, SourceUnreadable
from indexer.git.command import ask_git
from indexer.git.commits import resolve_commit
from indexer.git.objects import list_tree, read_objects
from indexer.sources.source import Entry, Snapshot


class RepositorySource:
    """The files of one commit; the working tree is never looked at.

    Works for clones, bare and shallow repositories, linked worktrees and a detached HEAD. An empty
    repository has no entries and the commit "".
    """

    def __init__(self, name: str, git_dir: Path, branch: str = "") -> None:
        self._name = name
        self._git_dir = git_dir
        self._branch = branch
        self._commit = ""

    @property
    def name(self) -> str:
        """See `Source.name`."""
        return self._name

    def snapshot(self) -> Snapshot:
        """See `Source.snapshot`."""
        self._require()
        commit = resolve_commit(self._git_dir, self._branch)
        if commit is None:
            return Snapshot("", 0, ())
        self._commit = commit.id
        return Snapshot(commit.id, commit.committed_at, list_tree(self._git_dir, commit.id))

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | None]]:
        """See `Source.read`."""
        listed = list(entries)
        missing = False
        try:
            contents = read_objects(self._git_dir, [entry.blob_id for entry in listed])
            for entry, data in zip(listed, contents, strict=True):
                missing = missing or data is None
                yield entry, data
        except SourceUnreadable:
            self._require()
            raise
        if missing:
            self._require()
            self._require_commit()

    def close(self) -> None:
        """Nothing is held between calls."""

    def _require(self) -> None:
        try:
            (self._git_dir / "HEAD").lstat()
        except PermissionError as error:
            raise SourceUnreadable(
                f"{self._git_dir} may not be read by this user: correct its permissions"
            ) from error
        except OSError as error:
            raise SourceMissing(
                f"{self._git_dir} is gone: correct its path in repos.toml, or mount its disk"
            ) from error

    def _require_commit(self) -> None:
        """Tell a repository that is being deleted from one that lacks a few objects."""
        if self._commit:
            ask_git(self._git_dir, "cat-file", "-e", f"{self._commit}^{{tree}}")
