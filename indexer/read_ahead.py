"""Repositories in turn, the next one begun while workers still have files of the one before it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexer.repository_night import RepositoryNight
    from indexer.sources.definition import SourceDefinition


class ReadAhead:
    """One repository ahead, so that workers have files while the last rows of another are stored. Close it.

    Args:
        definitions: what to go through, in this order.
        prepare: makes the night of one; nothing is read yet.
    """

    def __init__(
        self,
        definitions: Iterable[SourceDefinition],
        prepare: Callable[[SourceDefinition], RepositoryNight],
    ) -> None:
        self._waiting = deque(definitions)
        self._prepare = prepare
        self._begun: RepositoryNight | None = None

    def begin_next(self) -> None:
        """Begin the next one, unless that is done or there is none."""
        if self._begun is None and self._waiting:
            self._begun = self._prepare(self._waiting.popleft())
            self._begun.begin()

    def take(self) -> RepositoryNight:
        """The next one, whether or not it is begun; close it.

        Raises:
            IndexError: there is none.
        """
        if self._begun is None:
            return self._prepare(self._waiting.popleft())
        night, self._begun = self._begun, None
        return night

    def close(self) -> None:
        """Close what was begun and not taken."""
        if self._begun is not None:
            self._begun.close()
