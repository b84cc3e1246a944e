"""Fakes that stand in for models in tests: real backends, deterministic, thread-safe, and able to fail."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from model_chain.errors import ModelError, ModelUnavailable
from model_chain.protocol import CodeUnit, Description, EmbeddedBatch, Fingerprint
from model_chain.words import split_identifier

_WORD = re.compile(r"\w+")


class FakeEmbedder:
    """Embeds a text as the mean of its words' hashed vectors, so that texts that share words are near.

    Attributes:
        fail_on: a text that contains any of these fails alone (documents) or raises ModelError (queries).
        delay: seconds each call takes.
        down: every call raises ModelUnavailable, as when the runtime is gone.
        calls: the texts of each embed_documents call so far.
    """

    def __init__(
        self,
        dimension: int = 32,
        *,
        fail_on: Collection[str] = (),
        delay: float = 0.0,
        digest: str = "0" * 64,
    ) -> None:
        self.fail_on = fail_on
        self.delay = delay
        self.down = False
        self.calls: list[tuple[str, ...]] = []
        self._fingerprint = Fingerprint(
            provider="fake", model="hashed-words", digest=digest, dimension=dimension, prefix_scheme="none@1"
        )

    @property
    def fingerprint(self) -> Fingerprint:
        """Provider "fake"; give another digest to play a changed model."""
        return self._fingerprint

    def embed_documents(self, texts: Sequence[str]) -> EmbeddedBatch:
        """Embed every text; those matching `fail_on` or without a word fail alone."""
        self._wait()
        self.calls.append(tuple(texts))
        vectors = np.zeros((len(texts), self._fingerprint.dimension), dtype=np.float32)
        failures: dict[int, str] = {}
        for index, text in enumerate(texts):
            try:
                vectors[index] = self._vector(text)
            except ModelError as error:
                failures[index] = str(error)
        return EmbeddedBatch(vectors=vectors, failures=failures)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed one text, or raise as `fail_on` says."""
        self._wait()
        return self._vector(text)

    def close(self) -> None:
        """Nothing is held."""

    def _wait(self) -> None:
        if self.down:
            raise ModelUnavailable("The fake model runtime is down.")
        time.sleep(self.delay)

    def _vector(self, text: str) -> NDArray[np.float32]:
        if any(marker in text for marker in self.fail_on):
            raise ModelError("The fake embedder was told to fail for this text.")
        words = split_identifier(" ".join(_WORD.findall(text))).split()
        if not words:
            raise ModelError("The text holds no word to embed.")
        mean = np.mean([_word_vector(word, self._fingerprint.dimension) for word in words], axis=0)
        return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


class FakeSummariser:
    """Describes a unit by its symbol or path; as slow and as unreliable as told.

    Attributes:
        fail_on: a unit whose text contains any of these raises ModelError.
        delay: seconds each call takes.
        calls: the symbols asked for so far.
    """

    def __init__(self, source: str = "fake@1", *, fail_on: Collection[str] = (), delay: float = 0.0) -> None:
        self.fail_on = fail_on
        self.delay = delay
        self.calls: list[str] = []
        self._source = source

    @property
    def source(self) -> str:
        """Names this writer; give another to play a changed prompt or model."""
        return self._source

    def summarise(self, unit: CodeUnit) -> Description:
        """Describe one unit, or raise as `fail_on` says."""
        time.sleep(self.delay)
        self.calls.append(unit.symbol)
        if any(marker in unit.text for marker in self.fail_on):
            raise ModelError("The fake summariser was told to fail for this unit.")
        return Description(text=f"Describes {unit.kind} {unit.symbol or unit.path}.", source=self._source)


def _word_vector(word: str, dimension: int) -> NDArray[np.float32]:
    seed = int.from_bytes(hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest(), "little")
    return np.random.default_rng(seed).standard_normal(dimension, dtype=np.float32)
