"""Which models the night and the searches use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_chain.errors import ModelMissing
from model_chain.protocol import Fingerprint

if TYPE_CHECKING:
    from index_store.schema import EmbedderRecord
    from model_chain.protocol import Embedder, Summariser
    from nightdex.settings import Embedding, Summaries


def night_embedder(settings: Embedding) -> Embedder:
    """Return the embedder of the night.

    Raises:
        ModelMissing: the model in the package is not whole.
    """
    from model_chain.backends.embedded import EmbeddedEmbedder  # noqa: PLC0415 - loads the table's reader

    match settings.provider:
        case "auto" | "embedded":
            return EmbeddedEmbedder()


def night_summariser(settings: Summaries) -> Summariser:
    """Return the summariser of the night."""
    from model_chain.backends.extractive import ExtractiveSummariser  # noqa: PLC0415 - only the night needs it

    match settings.provider:
        case "auto" | "extractive":
            return ExtractiveSummariser()


def embedder_for(record: EmbedderRecord) -> Embedder:
    """Return the very embedder whose vectors a generation holds.

    Raises:
        ModelMissing: this nightdex does not have it.
    """
    from model_chain.backends.embedded import EmbeddedEmbedder  # noqa: PLC0415 - loads the table's reader

    recorded = Fingerprint(
        record.provider, record.model, record.digest, record.dimension, record.prefix_scheme
    )
    embedder = EmbeddedEmbedder()
    if embedder.fingerprint != recorded:
        raise ModelMissing(
            f"the index was built with {recorded} and this nightdex has {embedder.fingerprint}: "
            "run `nightdex run` to rebuild it"
        )
    return embedder
