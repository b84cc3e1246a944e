"""Counts which chunks answers show, for the night: what is searched for is described before the rest.

Counting adds to a table in memory; a batch is written every SHOWN_SAVE_S and at the end, in a thread.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from index_store.errors import CountsUnavailable
from index_store.shown import ShownCounts
from search_api.limits import MAX_SHOWN_WAITING, SHOWN_SAVE_S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

log = structlog.get_logger(__name__)


class ShownHits:
    """What answers showed since it was last written. Use from one event loop.

    A file that cannot be written is logged once and tried again with the next batch; no search notices.
    """

    def __init__(self, state_dir: Path) -> None:
        self._counts = ShownCounts(state_dir)
        self._waiting: Counter[str] = Counter()
        self._complaint = ""

    def count(self, chunk_ids: Iterable[str]) -> None:
        """Count chunks that were put before somebody: their ids, and nothing of who asked for what."""
        # PRIVACY: the only place where what is kept of a search is chosen.
        self._waiting.update(chunk_ids)

    @asynccontextmanager
    async def saving(self) -> AsyncIterator[None]:
        """Write what is counted now and then inside the block, and the rest at its end."""
        regularly = asyncio.create_task(self._save_regularly())
        try:
            yield
        finally:
            regularly.cancel()
            await asyncio.gather(regularly, return_exceptions=True)
            await self._save()

    async def _save_regularly(self) -> None:
        while True:
            await asyncio.sleep(SHOWN_SAVE_S)
            await self._save()

    async def _save(self) -> None:
        if not self._waiting:
            return
        batch, self._waiting = self._waiting, Counter()
        try:
            await asyncio.to_thread(self._counts.add, batch)
            self._complaint = ""
        except CountsUnavailable as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                log.warning("shown_hits_not_counted", reason=self._complaint)
            if len(batch) + len(self._waiting) <= MAX_SHOWN_WAITING:
                self._waiting.update(batch)
