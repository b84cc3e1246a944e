"""Which generation answers: the current one, swapped under running requests without any of them noticing."""

from __future__ import annotations

import asyncio
import contextlib
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self

import structlog

from index_store.errors import IndexDamaged, IndexStoreError, NoIndex
from index_store.generations import current_generation, generation_dir, list_generations
from index_store.last_read import read_anew
from index_store.manifest import file_marks, file_problems, read_manifest
from index_store.memory import return_freed_memory
from index_store.reader import Reader
from search_api.capacity import Capacity
from search_api.errors import IndexNotReady
from search_api.limits import CURRENT_POLL_S, DAMAGED_RETRY_S
from search_api.retrieval.vector import QueryEmbedder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from index_store.manifest import FileMark
    from search_api.retrieval.vector import EmbedderFor

log = structlog.get_logger(__name__)


class OpenGeneration:
    """One open generation with its embedder. Closes after its last request once it is retired.

    Attributes:
        marks: of its files, every byte of which was compared with the manifest; none where only sizes were.
        instead: why it answers though it is not the current one, in a sentence; "" where it is.
    """

    def __init__(
        self, reader: Reader, embedder: QueryEmbedder, marks: frozenset[FileMark] = frozenset()
    ) -> None:
        self.reader = reader
        self.embedder = embedder
        self.number = reader.manifest.generation
        self.repositories = {state.name: state for state in reader.manifest.repositories}
        self.marks = marks
        self.instead = ""
        self._requests = 0
        self._retired = False

    @classmethod
    async def open(
        cls,
        state_dir: Path,
        number: int,
        embedder_for: EmbedderFor,
        *,
        staying: bool = False,
        known: frozenset[FileMark] = frozenset(),
    ) -> Self:
        """Open one generation and warm its embedder up.

        A process that is `staying` reads every byte first, but for files whose marks are `known`: Lance has
        no checksums, and what it makes of a flipped bit is a wrong answer.

        Raises:
            IndexStoreError: it is gone, damaged, or of another format.
        """
        marks = await asyncio.to_thread(_whole, state_dir, number, known, contents=staying)
        reader = await Reader.open(state_dir, number)
        opened = cls(reader, QueryEmbedder(reader.manifest.embedder, embedder_for), marks)
        try:
            await opened.embedder.warm_up()
            return_freed_memory()
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


def _whole(
    state_dir: Path, number: int, known: frozenset[FileMark], *, contents: bool
) -> frozenset[FileMark]:
    folder = generation_dir(state_dir, number)
    if not folder.is_dir():
        return frozenset()  # the reader says which there are
    manifest = read_manifest(folder)
    if problems := file_problems(folder, manifest, contents=contents, known=known):
        raise IndexDamaged(
            f"Generation {number} is damaged ({problems[0]}); run `nightdex run`, or `nightdex rollback`."
        )
    return file_marks(folder, manifest) if contents else frozenset()


class Serving:
    """Holds the current generation open and follows CURRENT. Use from one event loop.

    A request keeps the generation it began with to its end. A generation that cannot be opened is logged and
    tried again; the one that serves goes on serving.
    """

    def __init__(self, state_dir: Path, embedder_for: EmbedderFor, *, staying: bool = False) -> None:
        """Follow `state_dir`; a process that is `staying`, as a server is, reads every byte first."""
        self._staying = staying
        self._state_dir = state_dir
        self._embedder_for = embedder_for
        self._current: OpenGeneration | None = None
        self._why_none = "No index is published yet; run `nightdex run`."
        self._damaged: tuple[int, float, IndexDamaged] | None = None
        self._refreshing = asyncio.Lock()
        self.capacity = Capacity()

    async def refresh(self, number: int | None = None) -> None:
        """Open a generation, by default what CURRENT names, if that is not what is open.

        Where that is damaged and nothing is open, the newest older generation that is whole answers.

        Raises:
            IndexStoreError: nothing is published, or it cannot be opened; what served before still does.
        """
        async with self._refreshing:
            try:
                if number is None:
                    number = await asyncio.to_thread(current_generation, self._state_dir)
                if self._current is not None and self._current.number == number:
                    self._current.instead = ""
                    return
                opened = await self._open(number)
            except IndexStoreError as error:
                self._why_none = str(error)
                raise
            previous, self._current = self._current, opened
            if previous is not None:
                await previous.retire()
                await asyncio.to_thread(return_freed_memory)

    async def _open(self, number: int) -> OpenGeneration:
        if self._damaged is not None and self._damaged[0] == number and time.monotonic() < self._damaged[1]:
            raise self._damaged[2]
        known: frozenset[FileMark] = self._current.marks if self._current else frozenset()
        try:
            return await OpenGeneration.open(
                self._state_dir, number, self._embedder_for, staying=self._staying, known=known
            )
        except IndexDamaged as error:
            self._damaged = number, time.monotonic() + DAMAGED_RETRY_S, error
            await asyncio.to_thread(read_anew, self._state_dir)
            instead = self._current or await self._older(number)
            if instead is None:
                raise
            instead.instead = f"index: generation {instead.number} answers. {error}"
            if instead is self._current:
                raise
            log.warning("older_generation_opened", generation=instead.number, reason=str(error))
            return instead

    async def _older(self, number: int) -> OpenGeneration | None:
        """The newest whole generation below a damaged one."""
        for generation in reversed(list_generations(self._state_dir)):
            if generation < number:
                with contextlib.suppress(IndexStoreError):
                    return await OpenGeneration.open(
                        self._state_dir, generation, self._embedder_for, staying=self._staying
                    )
        return None

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
