"""The embedder that is always there: a static token table, read from files shipped in the package.

The folder is in model2vec format (model.safetensors, tokenizer.json, config.json), so other tools load ours
and users can point nightdex at theirs. It is read here rather than by model2vec because importing that takes
half a second, and because model2vec asks a hub for a path that does not exist.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from model_chain.errors import ModelMissing, NothingToEmbed
from model_chain.protocol import EmbeddedBatch, Fingerprint

SHIPPED_MODEL = Path(__file__).parent.parent / "embedded_model"

# Bounds the memory of the token lists of one call to a few MB.
TEXTS_PER_BATCH = 256

# What model2vec assumes where config.json names no max_length, in tokens.
DEFAULT_MAX_LENGTH = 512

_TABLE_FILE = "model.safetensors"
_TOKENIZER_FILE = "tokenizer.json"
_CONFIG_FILE = "config.json"
_NO_TOKEN = "The text holds no word that the embedded model knows."  # noqa: S105 - a sentence, not a secret


class EmbeddedEmbedder:
    """Embeds text as the mean of its tokens' vectors. Thread-safe: nothing changes after loading."""

    def __init__(self, folder: Path = SHIPPED_MODEL) -> None:
        """Load a model2vec folder.

        Raises:
            ModelMissing: a file is not there, or does not hold a static model.
        """
        # The tokeniser's own thread pool warns, or hangs, in a process that forks; our callers bring threads.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        for name in (_TABLE_FILE, _TOKENIZER_FILE, _CONFIG_FILE):
            if not (folder / name).is_file():
                raise ModelMissing(
                    f"{folder} has no {name}: point to a folder in model2vec format, or reinstall."
                )
        try:
            config = json.loads((folder / _CONFIG_FILE).read_text(encoding="utf-8"))
            self._tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER_FILE))
            self._table = _load_table(folder / _TABLE_FILE, self._tokenizer.get_vocab_size())
        except (OSError, ValueError, KeyError, IndexError, SafetensorError) as error:
            raise ModelMissing(f"{folder} does not hold a usable static model: {error}.") from error
        except Exception as error:
            # tokenizers raises bare Exception for every malformed file.
            raise ModelMissing(f"{folder / _TOKENIZER_FILE} is not a tokenizer: {error}.") from error
        self._tokenizer.no_padding()
        self._max_characters = _limit_length(self._tokenizer, config.get("max_length", DEFAULT_MAX_LENGTH))
        self._unknown = _unknown_id(self._tokenizer)
        self._fingerprint = Fingerprint(
            provider="embedded",
            model=str(config.get("model_name") or folder.resolve().name),
            digest=_digest(folder),
            dimension=int(self._table.shape[1]),
            prefix_scheme="none@1",
        )

    @property
    def fingerprint(self) -> Fingerprint:
        """The digest covers the table and the tokeniser: either one changes every vector."""
        return self._fingerprint

    def embed_documents(self, texts: Sequence[str]) -> EmbeddedBatch:
        """Embed texts; one without a known token fails alone."""
        vectors = np.zeros((len(texts), self._fingerprint.dimension), dtype=np.float32)
        failures: dict[int, str] = {}
        for start in range(0, len(texts), TEXTS_PER_BATCH):
            batch = [self._encodable(text) for text in texts[start : start + TEXTS_PER_BATCH]]
            encodings = self._tokenizer.encode_batch_fast(batch, add_special_tokens=False)
            for index, encoding in enumerate(encodings, start):
                vector = self._pool(encoding.ids)
                if vector is None:
                    failures[index] = _NO_TOKEN
                else:
                    vectors[index] = vector
        return EmbeddedBatch(vectors=vectors, failures=failures)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed one query.

        Raises:
            NothingToEmbed: no token of it is known (it is empty, or only punctuation or emoji).
        """
        vector = self._pool(self._tokenizer.encode(self._encodable(text), add_special_tokens=False).ids)
        if vector is None:
            raise NothingToEmbed("The query holds no word that the embedded model knows; write it in words.")
        return vector

    def close(self) -> None:
        """The table goes with the last reference to it."""

    def _encodable(self, text: str) -> str:
        """The text, cut to its limit; lone surrogates, which cannot be encoded, become "?"."""
        text = text[: self._max_characters]
        return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")

    def _pool(self, ids: list[int]) -> NDArray[np.float32] | None:
        """The L2-normalised mean of the tokens' vectors, None where they are none or cancel out."""
        known = [token for token in ids if token != self._unknown]
        if not known:
            return None
        total = self._table.take(known, axis=0).sum(axis=0)
        norm = float(np.linalg.norm(total))
        return np.asarray(total / norm, dtype=np.float32) if norm > 0 else None


def _load_table(path: Path, vocabulary: int) -> NDArray[np.float32]:
    """One float32 row a token, from embeddings that may be quantised (`weights`) and shared (`mapping`)."""
    tensors = load_file(path)
    table: NDArray[np.float32] = tensors["embeddings"].astype(np.float32)
    if "mapping" in tensors:
        table = table[tensors["mapping"]]
    if "weights" in tensors:
        table *= tensors["weights"].astype(np.float32)[:, None]
    if len(table) != vocabulary:
        raise ValueError(f"the table has {len(table)} rows, the tokenizer {vocabulary} tokens")
    if not np.isfinite(table).all():
        raise ValueError("the table holds values that are not finite")
    return table


def _limit_length(tokenizer: Tokenizer, tokens: int | None) -> int | None:
    """Cut texts as model2vec does: at so many tokens, and before that at as many characters as they have."""
    if tokens is None:
        tokenizer.no_truncation()
        return None
    tokenizer.enable_truncation(tokens)
    return tokens * int(np.median([len(token) for token in tokenizer.get_vocab()]))


def _unknown_id(tokenizer: Tokenizer) -> int | None:
    model: dict[str, Any] = json.loads(tokenizer.to_str())["model"]
    if "unk_id" in model:
        return model["unk_id"]  # type: ignore[no-any-return]  # an integer or null in the Unigram format
    token = model.get("unk_token")
    return None if token is None else tokenizer.token_to_id(token)


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in (_TABLE_FILE, _TOKENIZER_FILE):
        digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return digest.hexdigest()
