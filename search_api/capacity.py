"""How many searches run at once, and how long the others wait."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from search_api.errors import ServerBusy
from search_api.limits import MAX_RUNNING, MAX_WAITING, QUEUE_DEADLINE_S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Capacity:
    """A bounded number of places, first come, first served. Use from one event loop.

    Attributes:
        running: places taken.
        waiting: who waits for one.
    """

    def __init__(
        self, places: int = MAX_RUNNING, queue: int = MAX_WAITING, deadline_s: float = QUEUE_DEADLINE_S
    ) -> None:
        self._places = asyncio.Semaphore(places)
        self._queue = queue
        self._deadline_s = deadline_s
        self.running = 0
        self.waiting = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place.

        Raises:
            ServerBusy: the queue is full, or no place came free in time.
        """
        if self.waiting >= self._queue:
            raise ServerBusy(f"{self.waiting} requests are waiting already; ask again in a second.")
        self.waiting += 1
        try:
            async with asyncio.timeout(self._deadline_s):
                await self._places.acquire()
        except TimeoutError:
            raise ServerBusy(f"No turn came within {self._deadline_s:g} s; ask again in a second.") from None
        finally:
            self.waiting -= 1
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1
            self._places.release()
