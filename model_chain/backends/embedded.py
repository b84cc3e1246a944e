"""The embedder that is always there: a static token table, read from files shipped in the package.

The folder is in model2vec format (model.safetensors, tokenizer.json, config.json), so other tools load ours
and users can point nightdex at theirs. It is read here rather than by model2vec because importing that takes
half a second, and because model2vec asks a hub for a path that does not exist.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from model_chain.backends.shipped import (
    PREFIX_SCHEME,
    SHIPPED_MODEL,
    TABLE_FILE,
    TOKENIZER_FILE,
    model_digest,
)
from model_chain.errors import ModelMissing, NothingToEmbed
from model_chain.protocol import IN_PROCESS, EmbeddedBatch, Fingerprint

# What model2vec assumes where config.json names no max_length, in tokens.
DEFAULT_MAX_LENGTH = 512

# Runs whose tokens are remembered, about 200 bytes each; longer ones are data, which does not come twice.
RUNS_REMEMBERED = 200_000
LONGEST_RUN = 64

# What parts the runs becomes blank: half the time of a pattern.
_NO_RUN = str.maketrans({chr(code): " " for code in range(128) if not chr(code).isalnum()})

# Words as `training.vocabulary` has them: cut where the case changes, then letters apart from digits.
_BOUNDARY = r"(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})"
_NORMALIZER = {
    "type": "Sequence",
    "normalizers": [
        {"type": "Replace", "pattern": {"Regex": _BOUNDARY}, "content": " "},
        {"type": "Lowercase"},
    ],
}
_PRE_TOKENIZER = {
    "type": "Split",
    "pattern": {"Regex": r"\p{L}+|\p{N}+"},
    "behavior": "Removed",
    "invert": True,
}

_CONFIG_FILE = "config.json"
_NO_TOKEN = "The text holds no word that the embedded model knows."  # noqa: S105 - a sentence, not a secret


class EmbeddedEmbedder:
    """Embeds text as the mean of its tokens' vectors. Thread-safe: nothing changes after loading."""

    def __init__(self, folder: Path = SHIPPED_MODEL, known: Fingerprint | None = None) -> None:
        """Load a model2vec folder; `known` is its fingerprint, for who has read all of it a moment ago.

        Raises:
            ModelMissing: a file is not there, or does not hold a static model.
        """
        # The tokeniser's own thread pool warns, or hangs, in a process that forks; our callers bring threads.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        for name in (TABLE_FILE, TOKENIZER_FILE, _CONFIG_FILE):
            if not (folder / name).is_file():
                raise ModelMissing(
                    f"{folder} has no {name}: point to a folder in model2vec format, or reinstall."
                )
        try:
            config = json.loads((folder / _CONFIG_FILE).read_text(encoding="utf-8"))
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
            self._table = _load_table(folder / TABLE_FILE, self._tokenizer.get_vocab_size())
        except (OSError, ValueError, KeyError, IndexError, SafetensorError) as error:
            raise ModelMissing(f"{folder} does not hold a usable static model: {error}.") from error
        except Exception as error:
            # tokenizers raises bare Exception for every malformed file.
            raise ModelMissing(f"{folder / TOKENIZER_FILE} is not a tokenizer: {error}.") from error
        self._tokenizer.no_padding()
        self._max_characters = _limit_length(self._tokenizer, config.get("max_length", DEFAULT_MAX_LENGTH))
        layout: dict[str, Any] = json.loads(self._tokenizer.to_str())
        self._unknown = _unknown_id(self._tokenizer, layout["model"])
        self._runs = _RunTokens(self._tokenizer, self._known) if _splits_at_runs(layout) else None
        self._fingerprint = known or Fingerprint(
            provider=IN_PROCESS,
            model=str(config.get("model_name") or folder.resolve().name),
            digest=model_digest(folder),
            dimension=int(self._table.shape[1]),
            prefix_scheme=PREFIX_SCHEME,
        )

    @property
    def fingerprint(self) -> Fingerprint:
        """The digest covers the table and the tokeniser: either one changes every vector."""
        return self._fingerprint

    def embed_documents(self, texts: Sequence[str]) -> EmbeddedBatch:
        """Embed texts; one without a known token fails alone."""
        vectors = np.zeros((len(texts), self._fingerprint.dimension), dtype=np.float32)
        failures: dict[int, str] = {}
        for index, text in enumerate(texts):
            vector = self._pool(self._tokens(text))
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
        vector = self._pool(self._encoded(text))
        if vector is None:
            raise NothingToEmbed("The query holds no word that the embedded model knows; write it in words.")
        return vector

    def close(self) -> None:
        """The table goes with the last reference to it."""

    def _tokens(self, text: str) -> NDArray[np.int32]:
        """The known tokens of a text. Code repeats a small vocabulary, whose tokens are remembered."""
        if self._runs is None:
            return self._encoded(text)
        return np.frombuffer(b"".join(map(self._runs.__getitem__, runs_of(_encodable(text)))), np.int32)

    def _encoded(self, text: str) -> NDArray[np.int32]:
        """The same by the tokenizer itself, for a text whose words will not come again."""
        text = _encodable(text[: self._max_characters])
        [encoding] = self._tokenizer.encode_batch_fast([text], add_special_tokens=False)
        return np.array(self._known(encoding.ids), np.int32)

    def _known(self, ids: list[int]) -> list[int]:
        return [token for token in ids if token != self._unknown]

    def _pool(self, ids: NDArray[np.int32]) -> NDArray[np.float32] | None:
        """The L2-normalised mean of the tokens' vectors, None where they are none or cancel out."""
        if not len(ids):
            return None
        total: NDArray[np.float32] = np.add.reduce(self._table.take(ids, axis=0), axis=0)
        norm = np.sqrt(total.dot(total))
        return total / norm if norm > 0 else None


class _RunTokens(dict[str, bytes]):
    """A run of letters and digits -> its known tokens as int32, worked out once."""

    def __init__(self, tokenizer: Tokenizer, known: Callable[[list[int]], list[int]]) -> None:
        self._tokenizer = tokenizer
        self._known = known

    def __missing__(self, run: str) -> bytes:
        ids = self._known(self._tokenizer.encode(run, add_special_tokens=False).ids)
        tokens = np.array(ids, np.int32).tobytes()
        if len(run) <= LONGEST_RUN:
            if len(self) >= RUNS_REMEMBERED:
                self.clear()
            self[run] = tokens
        return tokens


def _encodable(text: str) -> str:
    """The text with "?" for lone surrogates, which cannot be encoded."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def runs_of(text: str) -> list[str]:
    """The runs of letters and digits of a text, which marks beyond ASCII do not part."""
    return text.translate(_NO_RUN).split()


def _splits_at_runs(layout: Mapping[str, Any]) -> bool:
    """Whether the tokens of a text are those of its runs of letters and digits, as of our own table.

    So it is where words are what `training.vocabulary` takes for words, and nothing is cut off at the end.
    """
    return (
        layout["truncation"] is None
        and layout["post_processor"] is None
        and layout["added_tokens"] == []
        and layout["normalizer"] == _NORMALIZER
        and layout["pre_tokenizer"] == _PRE_TOKENIZER
    )


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


def _unknown_id(tokenizer: Tokenizer, model: Mapping[str, Any]) -> int | None:
    if "unk_id" in model:
        return model["unk_id"]  # type: ignore[no-any-return]  # an integer or null in the Unigram format
    token = model.get("unk_token")
    return None if token is None else tokenizer.token_to_id(token)
