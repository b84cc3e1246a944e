"""Who embeds nothing loads nothing, and who embeds late embeds the same."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import asdict

import numpy as np

from index_store.schema import EmbedderRecord
from indexer.embed import embedder_record
from model_chain.backends.embedded import EmbeddedEmbedder
from model_chain.backends.shipped import LateEmbedder
from nightdex.models import night_embedder
from nightdex.settings import Embedding

SETTINGS = Embedding(provider="embedded")


def test_an_embedder_that_is_loaded_late_says_and_gives_the_same() -> None:
    eager = EmbeddedEmbedder()
    late = night_embedder(SETTINGS, embedder_record(eager))
    assert isinstance(late, LateEmbedder)
    assert late.fingerprint == eager.fingerprint
    texts = ["def rotate_keys():", "", "数"]
    assert np.array_equal(late.embed_documents(texts).vectors, eager.embed_documents(texts).vectors)
    assert np.array_equal(late.embed_query("keys"), eager.embed_query("keys"))
    late.close()


def test_loading_it_ahead_again_begins_nothing_and_whoever_asks_gets_vectors() -> None:
    late = night_embedder(SETTINGS, embedder_record(EmbeddedEmbedder()))
    assert isinstance(late, LateEmbedder)
    late.load_ahead()
    loading = threading.active_count()
    late.load_ahead()
    assert threading.active_count() <= loading
    assert late.embed_documents(["def rotate_keys():"]).vectors.any()


def test_an_index_of_another_table_is_not_taken_for_one_of_the_shipped() -> None:
    other = EmbedderRecord("embedded", "nightdex-static-256", "0" * 64, 256, "none@1")
    assert night_embedder(SETTINGS, other).fingerprint == EmbeddedEmbedder().fingerprint


def test_choosing_the_embedder_of_an_index_loads_no_table() -> None:
    record = asdict(embedder_record(EmbeddedEmbedder()))
    script = (
        "import sys\n"
        "from index_store.schema import EmbedderRecord\n"
        "from nightdex.models import night_embedder\n"
        "from nightdex.settings import Embedding\n"
        f"night_embedder(Embedding(provider='embedded'), EmbedderRecord(**{record!r}))\n"
        "sys.exit('tokenizers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
