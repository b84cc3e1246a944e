"""Which models the night and the searches use."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index_store.log import Log
from model_chain.backends.shipped import PREFIX_SCHEME, SHIPPED_MODEL, LateEmbedder, model_digest
from model_chain.errors import ModelError, ModelMissing
from model_chain.protocol import IN_PROCESS, Fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from index_store.schema import EmbedderRecord, SummariserRecord
    from model_chain.backends.ollama import OllamaSummariser
    from model_chain.protocol import Embedder
    from nightdex.settings import Embedding, Summaries

log = Log(__name__)

# ruff: noqa: PLC0415 - the embedded table and Ollama's client are each loaded only by who uses them


def night_embedder(settings: Embedding, recorded: EmbedderRecord | None) -> Embedder:
    """Return the embedder of the night; `recorded` is the one whose vectors the index holds.

    "auto" keeps the recorded provider. At the first build it is Ollama if a host answers and has the model,
    else the one in the package. A host that is down never changes the model: the recorded one is returned,
    and raises once it is used.

    Raises:
        ModelMissing: the model in the package is not whole, or no host has the one that was asked for.
        ModelUnavailable: no host answers, and the index has no vectors of this model.
    """
    provider = recorded.provider if settings.provider == "auto" and recorded else settings.provider
    if provider == "ollama" or (provider == "auto" and _answers(settings.model, settings.hosts)):
        return _ollama_embedder(settings, recorded)
    if recorded is not None and _is_shipped(recorded):
        return LateEmbedder(_fingerprint(recorded))
    from model_chain.backends.embedded import EmbeddedEmbedder

    return EmbeddedEmbedder()


def _is_shipped(recorded: EmbedderRecord) -> bool:
    """Whether an index was built with the model in the package as it is now."""
    if (recorded.provider, recorded.prefix_scheme) != (IN_PROCESS, PREFIX_SCHEME):
        return False
    try:
        return recorded.digest == model_digest(SHIPPED_MODEL)
    except OSError:
        return False


def _ollama_embedder(settings: Embedding, recorded: EmbedderRecord | None) -> Embedder:
    from model_chain.backends.ollama import OllamaEmbedder, find_model

    try:
        # Without the night's patience, which is for hosts that have answered before.
        find_model(settings.model, settings.hosts)
        return OllamaEmbedder(settings.model, settings.hosts)
    except ModelError as error:
        if recorded is None or (recorded.provider, recorded.model) != ("ollama", settings.model):
            raise
        log.warning("the embedder does not answer: old vectors are kept", reason=str(error))
        return OllamaEmbedder(settings.model, settings.hosts, recorded=_fingerprint(recorded))


@dataclass(frozen=True, slots=True)
class NodeEmbedder:
    """Makes the night's embedder on a node of a cluster, where it is sent.

    Hosts on a loopback address are the node's own; NIGHTDEX_EMBEDDING__HOSTS in the environment of the node's
    `ray start` names others for it.
    """

    settings: Embedding
    record: EmbedderRecord

    def __call__(self) -> Embedder:
        """Make it.

        Raises:
            ModelMissing: the node does not have the model.
        """
        from nightdex.document import section_of

        hosts = section_of("embedding", os.environ).get("hosts", self.settings.hosts)
        settings = self.settings.model_copy(update={"provider": self.record.provider, "hosts": tuple(hosts)})
        return night_embedder(settings, self.record)


def night_summariser(
    settings: Summaries, hosts: Sequence[str], recorded: SummariserRecord | None
) -> OllamaSummariser | None:
    """Return the chat model that describes code, None where the descriptions are extractive.

    "auto" resolves as for embeddings. A host that is down is no error: the night reports what waits for it.
    """
    provider = recorded.provider if settings.provider == "auto" and recorded else settings.provider
    if provider == "auto":
        provider = "ollama" if _answers(settings.model, hosts) else "extractive"
    if provider != "ollama":
        return None
    from model_chain.backends.ollama import OllamaSummariser, find_model

    try:
        find_model(settings.model, hosts)
        return OllamaSummariser(settings.model, hosts)
    except ModelError as error:
        log.warning("the summariser does not answer", reason=str(error))
        known = recorded is not None and (recorded.provider, recorded.model) == ("ollama", settings.model)
        digest = recorded.digest if recorded and known else ""
        return OllamaSummariser(settings.model, hosts, recorded=digest)


def embedders_of(settings: Embedding) -> Callable[[EmbedderRecord], Embedder]:
    """Return what finds the very embedder whose vectors a generation holds; it raises ModelMissing.

    Ollama is not asked before the first query: a host that is down when a generation is opened may be up by
    then.
    """

    def embedder_for(record: EmbedderRecord) -> Embedder:
        wanted = _fingerprint(record)
        if record.provider == "ollama":
            from model_chain.backends.ollama import QUERY_PATIENCE, OllamaEmbedder

            return OllamaEmbedder(record.model, settings.hosts, QUERY_PATIENCE, recorded=wanted)
        from model_chain.backends.embedded import EmbeddedEmbedder

        embedder = EmbeddedEmbedder()
        if embedder.fingerprint != wanted:
            raise ModelMissing(
                f"the index was built with {wanted} and this nightdex has {embedder.fingerprint}: "
                "run `nightdex run` to rebuild it"
            )
        return embedder

    return embedder_for


def _answers(model: str, hosts: Sequence[str]) -> bool:
    """Whether a host answers at once and has the model."""
    from model_chain.backends.ollama import find_model

    try:
        find_model(model, hosts)
    except ModelError as error:
        log.info("Ollama is not used", model=model, reason=str(error))
        return False
    return True


def _fingerprint(record: EmbedderRecord) -> Fingerprint:
    return Fingerprint(record.provider, record.model, record.digest, record.dimension, record.prefix_scheme)
