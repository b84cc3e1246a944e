"""What runs on a node gives the rows that this machine would make."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indexer.cluster.ray_engine import _compare
from indexer.cluster.worker import FileWorker, introduction
from indexer.embed import RowEmbedder, nothing_stored
from indexer.engine import LocalEngine, row_pool
from indexer.errors import NodeDiffers
from indexer.intake.text import SourceText
from model_chain.backends.extractive import ExtractiveSummariser
from model_chain.testing import FakeEmbedder
from nightdex.models import NodeEmbedder
from nightdex.settings import Embedding
from tests.machines import embedded_record

TEXTS = [
    SourceText(
        "shop", f"pay{part}.py", "b" * 40, 60, "python", f"def pay_{part}(bill):\n    return bill + {part}\n"
    )
    for part in range(3)
]


def test_a_worker_makes_the_rows_of_this_machine() -> None:
    with row_pool(1, ExtractiveSummariser()) as pool:
        engine = LocalEngine(pool, RowEmbedder(FakeEmbedder()))
        (here,) = engine.finish(TEXTS, nothing_stored)
    worker = FileWorker(FakeEmbedder)
    (there,) = worker.finish(TEXTS).finished
    (lines,) = worker.finish_as_lines(TEXTS).finished
    worker._pool.close()
    assert [row.id for row in there.rows] == [row.id for row in here.rows]
    assert there.files == here.files
    assert [fallback for _, fallback in lines.files] == ["crash"] * 3
    assert {row.symbol for row in lines.rows} == {""}


def test_a_node_makes_the_model_of_the_night_with_hosts_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    record = embedded_record()
    monkeypatch.setenv("NIGHTDEX_EMBEDDING__HOSTS", '["http://10.0.0.7:11434"]')
    assert NodeEmbedder(Embedding(), record)().fingerprint.digest == record.digest
    seen: list[object] = []
    monkeypatch.setattr("nightdex.models.night_embedder", lambda settings, _: seen.append(settings.hosts))
    NodeEmbedder(Embedding(), record)()
    monkeypatch.delenv("NIGHTDEX_EMBEDDING__HOSTS")
    NodeEmbedder(Embedding(), record)()
    assert seen == [("http://10.0.0.7:11434",), ("http://127.0.0.1:11434",)]


def test_a_node_with_another_nightdex_or_model_is_refused() -> None:
    own = introduction("ollama/nomic-embed-text@0a109f422b47")
    _compare([(object(), replace(own, node="other", process=1))], own)
    others = {
        "nightdex": replace(own, nightdex="another"),
        "chunker": replace(own, chunker="another"),
        "embedder": replace(own, embedder="another"),
    }
    for what, other in others.items():
        with pytest.raises(NodeDiffers, match=f"other has {what} another, this machine"):
            _compare([(object(), replace(other, node="other"))], own)
