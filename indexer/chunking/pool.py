"""Chunk untrusted files in processes that may die, one file at a time."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from pebble import ProcessExpired, ProcessPool

from indexer.chunking.chunk import Chunk
from indexer.chunking.forking import forking_context, start_forking
from indexer.chunking.interruption import signals_put_off
from indexer.chunking.lines import chunk_lines
from indexer.chunking.worker import (
    Chunker,
    Fallback,
    Prepare,
    Result,
    chunk_batch,
    chunk_text,
    limit_memory,
    prepare_nothing,
)
from indexer.intake.text import SourceText
from indexer.limits import BATCH_BYTES, BATCH_FILES, BATCHES_AHEAD, FILE_SECONDS, WORKER_SECONDS

if TYPE_CHECKING:
    from pebble import ProcessFuture

    _Sent = tuple[list[SourceText], ProcessFuture[list[Result]]]


@dataclass(frozen=True, slots=True)
class ChunkedFile:
    """A file and its chunks. `fallback` says why they are line windows though its language has a grammar.

    `prepared` is what the pool's `prepare` made of them.
    """

    source: SourceText
    chunks: tuple[Chunk, ...]
    fallback: Fallback = ""
    prepared: Any = None


class ChunkPool:
    """Worker processes that chunk files; a context manager.

    A file that kills or stalls its worker falls back to line windows, alone.

    Args:
        workers: how many processes.
        chunker: what cuts a file; a module-level function.
        prepare: what is then made of it, in the worker; it can be pickled, as can what it returns.
        file_seconds: processor time that one file may take.
        worker_seconds: time by the clock that a batch of files may take.
    """

    def __init__(
        self,
        workers: int,
        chunker: Chunker = chunk_text,
        prepare: Prepare = prepare_nothing,
        *,
        file_seconds: float = FILE_SECONDS,
        worker_seconds: float = WORKER_SECONDS,
    ) -> None:
        self._workers = workers
        self._chunker = chunker
        self._prepare = prepare
        self._file_seconds = file_seconds
        self._worker_seconds = worker_seconds
        self._is_started = False
        self._pool = ProcessPool(max_workers=workers, context=forking_context(), initializer=limit_memory)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the workers at once and wait until they are gone."""
        with signals_put_off():
            self._pool.stop()
            self._pool.join()

    def start_closing(self) -> Callable[[], None]:
        """Close it in a thread, which mostly waits; what is returned waits for that."""
        aside = ThreadPoolExecutor(1)
        closed = aside.submit(self.close)
        aside.shutdown(wait=False)
        return closed.result

    def chunk(
        self, texts: Iterable[SourceText], all_sent: Callable[[], None] = lambda: None
    ) -> Iterator[ChunkedFile]:
        """Every file in the given order, as it is cut. `texts` is read few batches ahead.

        The first batches are with the workers before this returns. `all_sent` is called once, when the last
        one is: other files may follow it then.
        """
        sent = self._send(texts, all_sent)
        pending = deque(islice(sent, self._workers + BATCHES_AHEAD))
        return self._take(pending, sent)

    def _send(self, texts: Iterable[SourceText], all_sent: Callable[[], None]) -> Iterator[_Sent]:
        for batch in batches_of(texts, BATCH_BYTES, BATCH_FILES):
            yield batch, self._schedule(batch)
        all_sent()

    def _take(self, pending: deque[_Sent], sent: Iterator[_Sent]) -> Iterator[ChunkedFile]:
        while True:
            pending.extend(islice(sent, 1))
            if not pending:
                return
            yield from self._finish(*pending.popleft())

    def _schedule(self, batch: list[SourceText]) -> ProcessFuture[list[Result]]:
        work = [self._chunker, self._prepare, batch, self._file_seconds]
        if not self._is_started:
            self._start()
        return self._pool.schedule(chunk_batch, args=work, timeout=self._worker_seconds)

    def _start(self) -> None:
        """Start the workers; what interrupted this would leave one that nobody knows of, and nobody stops."""
        start_forking()
        with signals_put_off():
            self._is_started = self._pool.active

    def _finish(self, batch: list[SourceText], future: ProcessFuture[list[Result]]) -> Iterator[ChunkedFile]:
        try:
            results = future.result()
        except Exception as error:  # noqa: BLE001 - however a worker ends, the other files come back
            if len(batch) > 1:
                for source in batch:
                    yield from self._finish([source], self._schedule([source]))
                return
            reason = _reason(error)
            chunks = chunk_lines(batch[0].text)
            results = [(chunks, reason, self._prepare(batch[0], chunks))]
        for source, result in zip(batch, results, strict=True):
            yield ChunkedFile(source, *result)


def _reason(error: Exception) -> Fallback:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ProcessExpired):
        return "timeout" if error.exitcode == -signal.SIGPROF else "crash"
    return "memory" if isinstance(error, MemoryError) else "error"


def batches_of(texts: Iterable[SourceText], most_bytes: int, most_files: int) -> Iterator[list[SourceText]]:
    """Files that are sent to a worker together, in their order; a larger one goes alone."""
    batch: list[SourceText] = []
    size = 0
    for source in texts:
        if batch and (size + len(source.text) > most_bytes or len(batch) == most_files):
            yield batch
            batch, size = [], 0
        batch.append(source)
        size += len(source.text)
    if batch:
        yield batch
