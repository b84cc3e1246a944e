"""How fresh a hit is: whether its repository has moved since it was indexed, and whether its file is another.

Starting git is the indexer's business; the front door hands a `HeadReader` in. Answers are remembered for
HEAD_CHECK_S, and a repository that does not answer in time is unknown, never waited for.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import structlog

from model_chain.daemon_threads import DaemonThreads
from search_api.limits import HEAD_CHECK_S, HEAD_CHECKS_AT_ONCE, HEAD_DEADLINE_S

if TYPE_CHECKING:
    from index_store.schema import RepositoryState
    from search_api.answer import Hit

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Head:
    """The branch of a repository now: its commit, and the blobs of the paths that were asked for.

    `blobs` may be empty where the commit is the indexed one. A path that is gone is not in it.
    """

    commit: str
    blobs: Mapping[str, str]


# Takes a repository and some of its paths; None where it cannot be told: a folder, a mirror, a broken clone.
HeadReader = Callable[["RepositoryState", Collection[str]], Head | None]


@dataclass(frozen=True, slots=True)
class _Known:
    """What one look found: the head, and blobs of these paths, against the commit that was indexed."""

    checked_at: float
    indexed: str
    head: Head | None
    paths: set[str]

    @property
    def moved(self) -> bool:
        return self.head is not None and self.head.commit != self.indexed

    def is_fresh(self, state: RepositoryState) -> bool:
        return self.indexed == state.commit and time.monotonic() - self.checked_at < HEAD_CHECK_S


class Heads:
    """Looks at the heads of repositories. Use from one event loop; close it."""

    def __init__(self, read: HeadReader | None) -> None:
        self._read = read
        self._known: dict[str, _Known] = {}
        self._running: dict[str, asyncio.Future[_Known]] = {}
        self._threads = DaemonThreads(HEAD_CHECKS_AT_ONCE, "heads")

    async def mark(self, hits: tuple[Hit, ...], states: Mapping[str, RepositoryState]) -> tuple[Hit, ...]:
        """The hits with `head_moved` and `outdated`, where they can be told."""
        if self._read is None or not hits:
            return hits
        paths: dict[str, set[str]] = defaultdict(set)
        for hit in hits:
            paths[hit.repo].add(hit.path)
        checks = {repo: self._check(states[repo], wanted) for repo, wanted in paths.items()}
        await asyncio.wait(checks.values(), timeout=HEAD_DEADLINE_S)
        known = {repo: check.result() for repo, check in checks.items() if check.done()}
        return tuple(_marked(hit, known.get(hit.repo)) for hit in hits)

    def close(self) -> None:
        """Let go of the threads; a git that hangs is not waited for."""
        self._threads.close()

    def _check(self, state: RepositoryState, paths: set[str]) -> asyncio.Future[_Known]:
        """What is known of a repository, or will be. A look that is under way is joined, not repeated."""
        loop = asyncio.get_running_loop()
        known = self._known.get(state.name)
        if known is not None and known.is_fresh(state) and (paths <= known.paths or not known.moved):
            done = loop.create_future()
            done.set_result(known)
            return done
        if (running := self._running.get(state.name)) is None:
            wanted = paths | (known.paths if known is not None and known.is_fresh(state) else set())
            running = self._running[state.name] = asyncio.wrap_future(
                self._threads.submit(partial(self._look, state, wanted))
            )
            running.add_done_callback(lambda done: self._remember(state.name, done))
        return running

    def _look(self, state: RepositoryState, paths: set[str]) -> _Known:
        assert self._read is not None  # noqa: S101 - `mark` has asked
        try:
            head = self._read(state, paths)
        except Exception as error:  # noqa: BLE001 - freshness must never cost an answer
            log.warning("head_not_read", kind=type(error).__name__)
            head = None
        return _Known(time.monotonic(), state.commit, head, paths)

    def _remember(self, name: str, done: asyncio.Future[_Known]) -> None:
        self._running.pop(name, None)
        if not done.cancelled():
            self._known[name] = done.result()


def _marked(hit: Hit, known: _Known | None) -> Hit:
    if known is None or known.head is None or known.indexed != hit.commit:
        return hit
    if not known.moved:
        return replace(hit, head_moved=False, outdated=False)
    outdated = known.head.blobs.get(hit.path) != hit.blob_id if hit.path in known.paths else None
    return replace(hit, head_moved=True, outdated=outdated)
