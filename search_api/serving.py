"""Which generation answers: the current one, swapped under running requests without any of them noticing."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self

import structlog

from index_store.errors import IndexStoreError, NoIndex
from index_store.generations import current_generation
from index_store.memory import return_freed_memory
from index_store.reader import Reader
from search_api.capacity import Capacity
from search_api.errors import IndexNotReady
from search_api.limits import CURRENT_POLL_S
from search_api.retrieval.vector import QueryEmbedder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from search_api.retrieval.vector import EmbedderFor

log = structlog.get_logger(__name__)


class OpenGeneration:
    """One open generation with its embedder. Closes after its last request once it is retired."""

    def __init__(self, reader: Reader, embedder: QueryEmbedder) -> None:
        self.reader = reader
        self.embedder = embedder
        self.number = reader.manifest.generation
        self.repositories = {state.name: state for state in reader.manifest.repositories}
        self._requests = 0
        self._retired = False

    @classmethod
    async def open(
        cls, state_dir: Path, number: int, embedder_for: EmbedderFor, *, staying: bool = False
    ) -> Self:
        """Open one generation and warm its embedder up; a process that is `staying` takes memory for speed.

        Raises:
            IndexStoreError: it is gone, damaged, or of another format.
        """
        reader = await Reader.open(state_dir, number)
        opened = cls(reader, QueryEmbedder(reader.manifest.embedder, embedder_for))
        try:
            await opened.embedder.warm_up()
            if staying:
                await reader.hold_vectors(state_dir)
        except BaseException:
            await opened.retire()
            raise
        return opened

    @asynccontextmanager
    async def request(self) -> AsyncIterator[Self]:
        """Hold the generation open for one request."""
        self._requests += 1
        try:
            yield self
        finally:
            self._requests -= 1
            if self._retired and not self._requests:
                await self._close()

    async def retire(self) -> None:
        """No new request will come: close now, or after the last one that runs."""
        self._retired = True
        if not self._requests:
            await self._close()

    async def _close(self) -> None:
        self.embedder.close()
        await self.reader.close()


class Serving:
    """Holds the current generation open and follows CURRENT. Use from one event loop.

    A request keeps the generation it began with to its end. A generation that cannot be opened is logged and
    tried again; the one that serves goes on serving.
    """

    def __init__(self, state_dir: Path, embedder_for: EmbedderFor, *, staying: bool = False) -> None:
        """Follow `state_dir`; a process that is `staying`, as a server is, takes memory for speed."""
        self._staying = staying
        self._state_dir = state_dir
        self._embedder_for = embedder_for
        self._current: OpenGeneration | None = None
        self._why_none = "No index is published yet; run `nightdex run`."
        self._refreshing = asyncio.Lock()
        self.capacity = Capacity()

    async def refresh(self) -> None:
        """Open what CURRENT names, if that is not what is open.

        Raises:
            IndexStoreError: nothing is published, or it cannot be opened; what served before still does.
        """
        async with self._refreshing:
            try:
                number = await asyncio.to_thread(current_generation, self._state_dir)
                if self._current is not None and self._current.number == number:
                    return
                opened = await OpenGeneration.open(
                    self._state_dir, number, self._embedder_for, staying=self._staying
                )
            except IndexStoreError as error:
                self._why_none = str(error)
                raise
            previous, self._current = self._current, opened
            if previous is not None:
                await previous.retire()
                await asyncio.to_thread(return_freed_memory)

    async def follow(self) -> None:
        """Refresh whenever CURRENT changes, until cancelled."""
        complaint = ""
        while True:
            await asyncio.sleep(CURRENT_POLL_S)
            before = self._current
            try:
                await self.refresh()
                complaint = ""
                if self._current is not None and self._current is not before:
                    log.info("generation_opened", generation=self._current.number)
            except NoIndex:
                pass  # not yet; /readyz says so
            except Exception as error:  # noqa: BLE001 - whatever this one is, the next may be whole
                if str(error) != complaint:
                    complaint = str(error)
                    log.warning("generation_not_opened", reason=complaint)

    def current(self) -> OpenGeneration:
        """The generation that answers now.

        Raises:
            IndexNotReady: none is open; the message says why.
        """
        if self._current is None:
            raise IndexNotReady(self._why_none)
        return self._current

    async def close(self) -> None:
        """Retire what is open."""
        retired, self._current = self._current, None
        if retired is not None:
            await retired.retire()
