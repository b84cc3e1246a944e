"""Texts into vectors: identical text once, and a model that breaks down costs vectors, not the night."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from index_store.log import Log
from index_store.schema import EmbedderRecord, Vector
from indexer.limits import VECTORS_REMEMBERED
from model_chain.backends.shipped import LateEmbedder
from model_chain.errors import ModelError
from model_chain.protocol import Embedder

log = Log(__name__)

StoredVectors = Callable[[Collection[str]], Mapping[str, Vector]]


def nothing_stored(_: Collection[str]) -> Mapping[str, Vector]:
    """For texts whose vectors the store cannot find again."""
    return {}


@dataclass(slots=True)
class EmbedCount:
    """How many vectors were computed, in how many seconds, came from identical content, or are missing."""

    embedded: int = 0
    seconds: float = 0.0
    reused: int = 0
    missing: int = 0


class RowEmbedder:
    """Embeds what rows say, and remembers the vectors of this night up to a bound.

    Attributes:
        breakdown: why the embedder is no longer asked, "" while it works. The texts of a broken-down embedder
            get no vector: search finds them by their words, and the next night computes what is missing.
        must_work: a breakdown raises instead, because half an index must not replace a whole one.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.must_work = False
        self._remembered: dict[str, Vector] = {}
        self.count = EmbedCount()
        self.breakdown = ""

    def embed(
        self, texts: Sequence[str], stored: StoredVectors
    ) -> tuple[list[Vector | None], dict[int, str]]:
        """One vector a text, None where there is none; and by index why a text has none of its own fault.

        `stored` finds vectors that the last generation already holds.

        Raises:
            ModelError: the embedder as a whole is not working, and it must.
        """
        hashes = [text_hash(text) for text in texts]
        self._remembered.update(stored({digest for digest in hashes if digest not in self._remembered}))
        new = {
            digest: text for digest, text in zip(hashes, texts, strict=True) if digest not in self._remembered
        }
        causes = self._embed_new(new) if new and not self.breakdown else {}
        vectors = [self._remembered.get(digest) for digest in hashes]
        failures = {index: causes[digest] for index, digest in enumerate(hashes) if digest in causes}
        self.count.reused += len(texts) - len(new)
        self.count.missing += sum(vector is None for vector in vectors) - len(failures)
        self._forget()
        return vectors, failures

    @property
    def fingerprint(self) -> str:
        """Of the embedder, as reports name it."""
        return str(self._embedder.fingerprint)

    def load_ahead(self) -> None:
        """Let an embedder that is loaded when it is first asked be loaded meanwhile."""
        if isinstance(self._embedder, LateEmbedder):
            self._embedder.load_ahead()

    def try_again(self) -> None:
        """Ask an embedder that broke down once more: it may be back."""
        self.breakdown = ""

    def _embed_new(self, new: Mapping[str, str]) -> dict[str, str]:
        """Ask the embedder; the causes of single failures, by hash."""
        began = time.monotonic()
        try:
            batch = self._embedder.embed_documents(list(new.values()))
        except ModelError as error:
            if self.must_work:
                raise
            self.breakdown = str(error)
            log.warning("the embedder broke down: the night goes on without new vectors", reason=str(error))
            return {}
        self.count.seconds += time.monotonic() - began
        causes: dict[str, str] = {}
        for index, digest in enumerate(new):
            if index in batch.failures:
                causes[digest] = batch.failures[index]
            else:
                self._remembered[digest] = batch.vectors[index]
        self.count.embedded += len(new) - len(causes)
        return causes

    def _forget(self) -> None:
        while len(self._remembered) > VECTORS_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]


def text_hash(text: str) -> str:
    """Name a text by its content."""
    return hashlib.sha256(text.encode()).hexdigest()


def embedder_record(embedder: Embedder) -> EmbedderRecord:
    """Whose vectors these are, as the manifest names it."""
    mark = embedder.fingerprint
    return EmbedderRecord(mark.provider, mark.model, mark.digest, mark.dimension, mark.prefix_scheme)
