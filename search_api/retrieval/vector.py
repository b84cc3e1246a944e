"""The query's vector: cached, on time, from the generation's own embedder, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from model_chain.errors import ModelError, ModelMissing, ModelUnavailable
from search_api.limits import (
    EMBEDDER_COOLDOWN_S,
    EMBEDDER_DEADLINE_S,
    EMBEDDER_WARM_UP_S,
    QUERY_VECTOR_CACHE,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from index_store.schema import EmbedderRecord, Vector
    from model_chain.protocol import Embedder, Fingerprint

    EmbedderFor = Callable[[EmbedderRecord], Embedder]


class NoVector(Exception):
    """There is no vector for this query; the message says why, as `degraded` shows it."""


class QueryEmbedder:
    """Embeds queries for one generation.

    An embedder that is gone or late is left alone for EMBEDDER_COOLDOWN_S, so that a dead runtime costs one
    deadline rather than one per search; a text it cannot embed costs that query alone. At most two calls run
    at a time; a call that hangs keeps its thread.
    """

    def __init__(
        self, record: EmbedderRecord, embedder_for: EmbedderFor, *, deadline_s: float = EMBEDDER_DEADLINE_S
    ) -> None:
        self.record = record
        self._embedder_for = embedder_for
        self._deadline_s = deadline_s
        self._embedder: Embedder | None = None
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="embed-query")
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
        self._cache[text] = vector
        while len(self._cache) > QUERY_VECTOR_CACHE:
            self._cache.popitem(last=False)
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
        """Let go of the threads; a call that hangs is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _within(self, deadline_s: float, text: str) -> Vector:
        try:
            async with asyncio.timeout(deadline_s):
                return await asyncio.get_running_loop().run_in_executor(self._threads, self._embed, text)
        except TimeoutError:
            raise self._rest(f"gave no vector within {deadline_s * 1000:.0f} ms") from None
        except (ModelMissing, ModelUnavailable) as error:
            raise self._rest(str(error)) from error
        except ModelError as error:
            raise NoVector(self._sentence(str(error))) from error

    def _embed(self, text: str) -> Vector:
        if self._embedder is None:
            embedder = self._embedder_for(self.record)
            if _identity(embedder.fingerprint) != _identity(self.record):
                raise ModelMissing(
                    f"{embedder.fingerprint} is here, but {self.record.digest[:12]} built the index; "
                    "install that model or rebuild the index"
                )
            self._embedder = embedder
        vector = self._embedder.embed_query(text)
        if vector.shape != (self.record.dimension,) or not np.isfinite(vector).all() or not vector.any():
            raise ModelError("gave a vector that is not finite, is zero, or has the wrong length")
        return vector.astype(np.float32, copy=False)

    def _rest(self, reason: str) -> NoVector:
        self._resting_until = time.monotonic() + EMBEDDER_COOLDOWN_S
        self._last_failure = self._sentence(reason)
        return NoVector(self._last_failure)

    def _sentence(self, reason: str) -> str:
        return f"embedder {self.record.provider}/{self.record.model}: {reason}"


def _identity(embedder: EmbedderRecord | Fingerprint) -> tuple[object, ...]:
    """What must be equal for vectors to be comparable; the record and the fingerprint share these fields."""
    return (embedder.provider, embedder.model, embedder.digest, embedder.dimension, embedder.prefix_scheme)
