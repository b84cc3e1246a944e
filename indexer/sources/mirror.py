"""A remote repository, read from a bare mirror of ours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from indexer.errors import SourceUnreadable
from indexer.git.mirrors import Mirror
from indexer.sources.repository import RepositorySource
from indexer.sources.source import Entry, Snapshot


class MirrorSource:
    """The files of a remote's branch as of its last good fetch."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._repository = RepositorySource(mirror.name, mirror.git_dir, mirror.ref)

    @property
    def name(self) -> str:
        """See `Source.name`."""
        return self._mirror.name

    def snapshot(self) -> Snapshot:
        """See `Source.snapshot`. Fetches first; when that fails, the last good fetch serves, marked stale."""
        stale_reason = ""
        try:
            if not self._mirror.update():
                return Snapshot("", 0, ())
        except SourceUnreadable as error:
            if not self._mirror.is_good():
                raise
            stale_reason = str(error)
        with self._discarding_damage():
            fresh = self._repository.snapshot()
        return Snapshot(fresh.commit, fresh.committed_at, fresh.entries, stale_reason)

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | None]]:
        """See `Source.read`."""
        with self._discarding_damage():
            yield from self._repository.read(entries)

    def close(self) -> None:
        """See `Source.close`."""
        self._repository.close()

    @contextlib.contextmanager
    def _discarding_damage(self) -> Iterator[None]:
        try:
            yield
        except SourceUnreadable as error:
            self._mirror.discard()
            raise SourceUnreadable(f"{error}; the mirror will be fetched anew next time") from error
