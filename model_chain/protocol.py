"""The seams of the model chain: what an embedder and a summariser promise, whatever runs behind them.

Backends live in `model_chain.backends`; the fakes in `model_chain.testing` are real backends too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Everything that must be equal for two vectors to be comparable."""

    provider: str
    model: str
    digest: str
    dimension: int
    prefix_scheme: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}@{self.digest[:12]}"


@dataclass(frozen=True, slots=True)
class EmbeddedBatch:
    """Vectors for a batch of texts, and the texts that could not be embedded.

    `vectors` is float32 of shape (len(texts), dimension), L2-normalised, finite; the rows named in
    `failures` (index -> cause, one sentence) are zero and must not be stored.
    """

    vectors: NDArray[np.float32]
    failures: Mapping[int, str]


class Embedder(Protocol):
    """Turns texts into comparable vectors. Thread-safe."""

    @property
    def fingerprint(self) -> Fingerprint:
        """What the vectors of this embedder may be compared with."""
        ...

    def embed_documents(self, texts: Sequence[str]) -> EmbeddedBatch:
        """Embed texts for storage; one bad text fails alone.

        Raises:
            ModelError: nothing could be embedded (the runtime is gone, the model is missing).
        """
        ...

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed one query: float32 of shape (dimension,), L2-normalised, finite.

        Raises:
            ModelError: no usable vector came back.
        """
        ...

    def close(self) -> None:
        """Let go of connections; the embedder is not used after this."""
        ...


@dataclass(frozen=True, slots=True)
class CodeUnit:
    """What a summariser may look at: one chunk, without its surroundings."""

    language: str
    kind: str
    symbol: str
    signature: str
    doc: str
    calls: tuple[str, ...]
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Description:
    """One description and who wrote it, e.g. "extractive@1" or "qwen2.5:14b@7cdf5a0187d5"."""

    text: str
    source: str


class Summariser(Protocol):
    """Describes code in a sentence or two. Thread-safe."""

    @property
    def source(self) -> str:
        """Names the writer and its version; part of every cache key."""
        ...

    def summarise(self, unit: CodeUnit) -> Description:
        """Describe one unit.

        Raises:
            ModelError: no acceptable description came back.
        """
        ...
