"""The query's vector: cached, on time, from the generation's own embedder, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
import traceback
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import structlog

from model_chain.daemon_threads import DaemonThreads
from model_chain.errors import ModelChanged, ModelError, ModelMissing, ModelUnavailable
from model_chain.protocol import IN_PROCESS
from search_api.limits import (
    EMBEDDER_COOLDOWN_S,
    EMBEDDER_DEADLINE_S,
    EMBEDDER_WARM_UP_S,
    QUERY_VECTOR_CACHE,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from index_store.schema import EmbedderRecord, Vector
    from model_chain.protocol import Embedder, Fingerprint

    EmbedderFor = Callable[[EmbedderRecord], Embedder]


log = structlog.get_logger(__name__)

# What is no fault of the query, as the beginning of `degraded` calls it.
_FAULTS_OF_THE_EMBEDDER = {ModelMissing: "missing", ModelChanged: "changed", ModelUnavailable: "gone"}


class NoVector(Exception):
    """There is no vector for this query; the message says why, as `degraded` shows it."""


class QueryEmbedder:
    """Embeds queries for one generation.

    An embedder that is gone or late is left alone for EMBEDDER_COOLDOWN_S, so that a dead runtime costs one
    deadline rather than one per search; a text it cannot embed costs that query alone. At most two calls run
    at a time; a call that hangs keeps its thread. A vector that comes too late for its search is kept, and
    ends the rest. One that is a table in this process has no runtime to wait for, and needs no thread.
    """

    def __init__(
        self, record: EmbedderRecord, embedder_for: EmbedderFor, *, deadline_s: float = EMBEDDER_DEADLINE_S
    ) -> None:
        self.record = record
        self._embedder_for = embedder_for
        self._deadline_s = deadline_s
        self._embedder: Embedder | None = None
        self._making = threading.Lock()
        self._threads = DaemonThreads(2, "embed-query")
        self._cache: OrderedDict[str, Vector] = OrderedDict()
        self._resting_until = 0.0
        self._last_failure = ""

    async def vector(self, text: str) -> Vector:
        """The vector of a query: float32 of shape (dimension,), L2-normalised, finite.

        Raises:
            NoVector: the embedder is missing, another one, failing or late.
        """
        if (cached := self._cache.get(text)) is not None:
            self._cache.move_to_end(text)
            return cached
        if time.monotonic() < self._resting_until:
            raise NoVector(self._last_failure)
        vector = await self._within(self._deadline_s, text)
        self._keep(text, vector)
        return vector

    async def warm_up(self) -> None:
        """Load the model before the first query waits for it; a failure shows in the answers, not here."""
        with contextlib.suppress(NoVector):
            await self._within(EMBEDDER_WARM_UP_S, "warm up")

    @property
    def is_up(self) -> bool:
        """Whether the last call worked, or the embedder is being tried again."""
        return time.monotonic() >= self._resting_until

    def close(self) -> None:
        """Let go of threads and connections; a call that hangs is not waited for."""
        self._threads.close()
        if self._embedder is not None:
            self._embedder.close()

    async def _within(self, deadline_s: float, text: str) -> Vector:
        try:
            if self.record.provider == IN_PROCESS and self._embedder is not None:
                return self._embed(text)
            call = self._threads.submit(partial(self._embed, text))
            async with asyncio.timeout(deadline_s):
                return await asyncio.wrap_future(call)
        except TimeoutError:
            loop = asyncio.get_running_loop()
            call.add_done_callback(lambda late: _tell(loop, self._welcome, text, late))
            raise self._rest(
                "timeout", f"{self._name} gave no vector within {deadline_s * 1000:.0f} ms"
            ) from None
        except ModelError as error:
            reason = f"{self._name}: {error}"
            for fault, kind in _FAULTS_OF_THE_EMBEDDER.items():
                if isinstance(error, fault):
                    raise self._rest(kind, reason) from error
            raise NoVector(f"embedder failed: {reason}") from error
        except Exception as error:  # vectors only add: whatever breaks here, BM25 answers
            # Neither the message nor the locals: both may hold the query, which is the caller's.
            frames = [
                f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
            ]
            log.warning("query_embedder_broke", kind=type(error).__name__, at=frames[-5:])
            raise self._rest("failed", f"{self._name}: {type(error).__name__}; see the log") from error

    def _embed(self, text: str) -> Vector:
        vector = self._opened().embed_query(text)
        if vector.shape != (self.record.dimension,) or not np.isfinite(vector).all() or not vector.any():
            raise ModelError("gave a vector that is not finite, is zero, or has the wrong length")
        return vector.astype(np.float32, copy=False)

    def _opened(self) -> Embedder:
        with self._making:
            if self._embedder is None:
                embedder = self._embedder_for(self.record)
                if _identity(embedder.fingerprint) != _identity(self.record):
                    embedder.close()
                    raise ModelChanged(
                        f"{embedder.fingerprint} is here, but {self.record.digest[:12]} built the index; "
                        "install that model or rebuild the index"
                    )
                self._embedder = embedder
            return self._embedder

    def _keep(self, text: str, vector: Vector) -> None:
        self._cache[text] = vector
        while len(self._cache) > QUERY_VECTOR_CACHE:
            self._cache.popitem(last=False)

    def _welcome(self, text: str, late: Future[Vector]) -> None:
        if not late.cancelled() and late.exception() is None:
            self._keep(text, late.result())
            self._resting_until = 0.0

    def _rest(self, kind: str, reason: str) -> NoVector:
        self._resting_until = time.monotonic() + EMBEDDER_COOLDOWN_S
        self._last_failure = f"embedder {kind}: {reason}"
        return NoVector(self._last_failure)

    @property
    def _name(self) -> str:
        return f"{self.record.provider}/{self.record.model}"


def _tell(
    loop: asyncio.AbstractEventLoop,
    told: Callable[[str, Future[Vector]], None],
    text: str,
    late: Future[Vector],
) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for it any more
        loop.call_soon_threadsafe(told, text, late)


def _identity(embedder: EmbedderRecord | Fingerprint) -> tuple[object, ...]:
    """What must be equal for vectors to be comparable; the record and the fingerprint share these fields."""
    return (embedder.provider, embedder.model, embedder.digest, embedder.dimension, embedder.prefix_scheme)
