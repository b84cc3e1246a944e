"""Embeddings from Ollama: batches by length, one bad text found by bisection, every vector checked.

/api/embed only. The legacy /api/embeddings does not normalise, so the two must never be mixed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model_chain.backends.ollama.client import HostFailing, OllamaClient
from model_chain.backends.ollama.hosts import Hosts, Patience
from model_chain.backends.ollama.prefixes import prefixes_of
from model_chain.cut import cut_middle, cut_to_tokens, encodable
from model_chain.daemon_threads import DaemonThreads
from model_chain.errors import BadReply, InputTooLong, ModelError, ModelMissing, ModelRefused, NothingToEmbed
from model_chain.limits import (
    DIGEST_AGE_SECONDS,
    EMBED_CONTEXT_TOKENS,
    QUERY_KEEP_ALIVE,
    RESERVED_TOKENS,
    SHORTEST_CUT_CHARACTERS,
    SHRINK_FACTOR,
    TEXTS_PER_REQUEST,
)
from model_chain.protocol import EmbeddedBatch, Fingerprint
from model_chain.validate import checked_vectors

# A batch that fails although this text passes has a text that causes it.
_PROBE = "probe"

# What one text can cause, and so can a model that does not work at all.
_SUSPECT = (BadReply, HostFailing, ModelRefused)

_EMPTY = "The text is empty."

# Index of a text in the caller's list, and the text as it is sent, without its prefix.
_Numbered = tuple[int, str]
_Outcome = tuple[int, NDArray[np.float32] | str]


class OllamaEmbedder:
    """Embeds through one model on one or several Ollama hosts. Thread-safe."""

    def __init__(
        self,
        model: str,
        hosts: Sequence[str],
        patience: Patience | None = None,
        *,
        recorded: Fingerprint | None = None,
    ) -> None:
        """Look the model up on the first host that answers; this does not load it.

        With `recorded`, the fingerprint of an earlier look, nothing is asked now: the host may be down, and a
        model that is another one by then raises ModelChanged when it is used.

        Raises:
            ModelMissing: no host has the model, or the record is of other prefixes.
            ModelUnavailable: no host answers.
        """
        self._model = model
        self._prefixes = prefixes_of(model)
        self._hosts = Hosts(model, hosts, patience or Patience(), recorded.digest if recorded else "")
        self._tokens = EMBED_CONTEXT_TOKENS - RESERVED_TOKENS
        if recorded:
            if recorded.prefix_scheme != self._prefixes.scheme:
                raise ModelMissing(
                    f"The index has the prefixes {recorded.prefix_scheme} and this nightdex writes "
                    f"{self._prefixes.scheme}: run `nightdex run` to rebuild it."
                )
            self._fingerprint = recorded
            return
        try:
            dimension, context = self._hosts.call(lambda client: _sizes(client, model))
        except ModelError:
            self._hosts.close()
            raise
        self._tokens = min(context, EMBED_CONTEXT_TOKENS) - RESERVED_TOKENS
        self._fingerprint = Fingerprint(
            provider="ollama",
            model=model,
            digest=self._hosts.digest,
            dimension=dimension,
            prefix_scheme=self._prefixes.scheme,
        )

    @property
    def fingerprint(self) -> Fingerprint:
        """The digest is the one of /api/tags: another pull of the same tag makes other vectors."""
        return self._fingerprint

    def embed_documents(self, texts: Sequence[str]) -> EmbeddedBatch:
        """Embed texts; one that is empty, or that the model cannot take, fails alone.

        Raises:
            ModelChanged: the model was replaced meanwhile; none of these vectors may be kept.
            ModelError: no host embeds anything.
        """
        vectors = np.zeros((len(texts), self._fingerprint.dimension), dtype=np.float32)
        failures: dict[int, str] = {}
        threads = DaemonThreads(self._hosts.capacity, "ollama-embed")
        try:
            running = [
                threads.submit(partial(self._embed_batch, batch)) for batch in self._batches(texts, failures)
            ]
            outcomes = [outcome for future in running for outcome in future.result()]
        finally:
            threads.close()
        for index, outcome in outcomes:
            if isinstance(outcome, str):
                failures[index] = outcome
            else:
                vectors[index] = outcome
        self._hosts.confirm()
        return EmbeddedBatch(vectors=vectors, failures=failures)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed one query, cut to the model's context if need be.

        Raises:
            NothingToEmbed: the query is empty.
            ModelError: no usable vector came back.
        """
        if not text.strip():
            raise NothingToEmbed("The query is empty; write it in words.")
        prefix = self._prefixes.query
        asked = self._fitted(text, prefix)
        while True:
            try:
                return self._query_vector(prefix + asked)
            except InputTooLong:
                if len(asked) <= SHORTEST_CUT_CHARACTERS:
                    raise
                asked = cut_middle(asked, int(len(asked) * SHRINK_FACTOR))

    def report_to(self, on_answer: Callable[[object, float], None]) -> None:
        """Tell somebody every answer of the model from now on, and the seconds it took."""
        self._hosts.on_answer = on_answer

    def close(self) -> None:
        """Close the connections."""
        self._hosts.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _batches(self, texts: Sequence[str], failures: dict[int, str]) -> list[list[_Numbered]]:
        """Texts of like length together, longest first: a batch takes as long as it must, no longer."""
        failures.update((index, _EMPTY) for index, text in enumerate(texts) if not text.strip())
        numbered = [
            (index, self._fitted(text, self._prefixes.document))
            for index, text in enumerate(texts)
            if index not in failures
        ]
        numbered.sort(key=lambda one: len(one[1]), reverse=True)
        starts = range(0, len(numbered), TEXTS_PER_REQUEST)
        return [numbered[start : start + TEXTS_PER_REQUEST] for start in starts]

    def _fitted(self, text: str, prefix: str) -> str:
        return cut_to_tokens(encodable(text), self._tokens - len(prefix))

    def _embed_batch(self, batch: list[_Numbered]) -> list[_Outcome]:
        try:
            return _paired(batch, self._ask([text for _, text in batch]))
        except InputTooLong as error:
            return list(self._bisect(batch, error))
        except _SUSPECT as error:
            self._ask([_PROBE])  # raises where the fault is the model's, not a text's
            return list(self._bisect(batch, error))

    def _bisect(self, batch: list[_Numbered], error: ModelError) -> Iterator[_Outcome]:
        """Halve a failing batch down to the texts that fail alone; cut a long one before giving it up."""
        if len(batch) > 1:
            middle = len(batch) // 2
            pieces = [batch[:middle], batch[middle:]]
        elif isinstance(error, InputTooLong) and len(batch[0][1]) > SHORTEST_CUT_CHARACTERS:
            index, text = batch[0]
            pieces = [[(index, cut_middle(text, int(len(text) * SHRINK_FACTOR)))]]
        else:
            yield batch[0][0], str(error)
            return
        for piece in pieces:
            try:
                vectors = self._ask_suspects([text for _, text in piece])
            except (InputTooLong, *_SUSPECT) as again:
                yield from self._bisect(piece, again)
            else:
                yield from _paired(piece, vectors)

    def _ask_suspects(self, texts: list[str]) -> NDArray[np.float32]:
        """Ask without retries; a single text is blamed if it fails before and after a sound one."""
        try:
            return self._ask(texts, repeat_failing=False)
        except HostFailing:
            if len(texts) > 1:
                raise
            self._ask([_PROBE])
            return self._ask(texts, repeat_failing=False)

    def _ask(self, texts: list[str], *, repeat_failing: bool = True) -> NDArray[np.float32]:
        inputs = [self._prefixes.document + text for text in texts]
        return self._hosts.call(lambda client: self._embed(client, inputs), repeat_failing=repeat_failing)

    def _query_vector(self, text: str) -> NDArray[np.float32]:
        vectors = self._hosts.call(
            lambda client: self._embed(client, [text], QUERY_KEEP_ALIVE), digest_age=DIGEST_AGE_SECONDS
        )
        return np.asarray(vectors[0], dtype=np.float32)

    def _embed(
        self, client: OllamaClient, inputs: list[str], keep_alive: str | None = None
    ) -> NDArray[np.float32]:
        reply = client.embed(self._model, inputs, truncate=False, keep_alive=keep_alive)
        return checked_vectors(reply.embeddings, len(inputs), self._fingerprint.dimension)


def _paired(batch: list[_Numbered], vectors: NDArray[np.float32]) -> list[_Outcome]:
    return [(index, vector) for (index, _), vector in zip(batch, vectors, strict=True)]


def _sizes(client: OllamaClient, model: str) -> tuple[int, int]:
    """Dimension and context (tokens) of a model, from /api/show: it is not loaded for that.

    Raises:
        ModelMissing: the model cannot embed.
    """
    shown = client.show(model)
    if shown.capabilities is not None and "embedding" not in shown.capabilities:
        raise ModelMissing(f"{model} cannot embed: choose an embedding model, e.g. nomic-embed-text.")
    sizes: Mapping[str, object] = shown.modelinfo or {}
    dimension, context = (
        next((value for key, value in sizes.items() if key.endswith(end) and isinstance(value, int)), None)
        for end in (".embedding_length", ".context_length")
    )
    if dimension is None:
        dimension = len(client.embed(model, [_PROBE], truncate=False).embeddings[0])
    return dimension, context or EMBED_CONTEXT_TOKENS
