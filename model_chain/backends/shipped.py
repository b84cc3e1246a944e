"""The model in the package: where it is, what it is, and an embedder that reads it when it is first asked."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from model_chain.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_chain.protocol import EmbeddedBatch, Embedder, Fingerprint

SHIPPED_MODEL = Path(__file__).parent.parent / "embedded_model"

# Of static tables: texts are embedded as they are.
PREFIX_SCHEME = "none@1"

TABLE_FILE = "model.safetensors"
TOKENIZER_FILE = "tokenizer.json"


def model_digest(folder: Path) -> str:
    """The digest of a model in model2vec format: of the files that decide about its vectors.

    Raises:
        OSError: one of them cannot be read.
    """
    digest = hashlib.sha256()
    for name in (TABLE_FILE, TOKENIZER_FILE):
        digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return digest.hexdigest()


class LateEmbedder:
    """The embedder in the package, for who may embed nothing: loading it takes a tenth of a second.

    Its fingerprint is given, and must have the digest of the shipped files: they were whole when an index was
    built with them.
    """

    def __init__(self, fingerprint: Fingerprint) -> None:
        self._fingerprint = fingerprint
        self._embedder: Embedder | None = None
        self._is_loading = False
        self._lock = threading.Lock()

    @property
    def fingerprint(self) -> Fingerprint:
        """As it was given."""
        return self._fingerprint

    def load_ahead(self) -> None:
        """Load it in a thread, once, for who will probably embed; whoever asks before that is done waits."""
        if self._is_loading:
            return
        self._is_loading = True

        def load() -> None:
            with contextlib.suppress(ModelError):  # which whoever asks gets
                self._loaded()

        threading.Thread(target=load, name="embedder").start()

    def _loaded(self) -> Embedder:
        from model_chain.backends.embedded import EmbeddedEmbedder  # noqa: PLC0415 - the point of this class

        with self._lock:
            if self._embedder is None:
                self._embedder = EmbeddedEmbedder(known=self._fingerprint)
            return self._embedder

    def embed_documents(self, texts: Sequence[str]) -> EmbeddedBatch:
        """As `EmbeddedEmbedder` does."""
        return self._loaded().embed_documents(texts)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """As `EmbeddedEmbedder` does."""
        return self._loaded().embed_query(text)

    def close(self) -> None:
        """The table goes with the last reference to it."""
