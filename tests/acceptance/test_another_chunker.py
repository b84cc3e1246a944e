"""An index of another chunker is brought up to date, and becomes what it would be anew; the old one stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.same_rows import chunks_of, differences
from indexer.chunking.chunk import Chunk
from indexer.chunking.lines import chunk_lines
from indexer.chunking.pool import ChunkPool
from indexer.engine import row_pool
from indexer.intake.skip import INTAKE_VERSION
from indexer.night_options import NightOptions
from indexer.nightly import run_night
from model_chain.backends.extractive import ExtractiveSummariser
from model_chain.protocol import Summariser
from tests.nights import World


def in_lines(_path: str, _language: str, text: str) -> tuple[Chunk, ...]:
    """What an older chunker may have made of a file; runs in the pool's workers."""
    return chunk_lines(text)


def pool_in_lines(workers: int, summariser: Summariser) -> ChunkPool:
    pool = row_pool(workers, summariser)
    pool._chunker = in_lines
    return pool


def test_an_index_of_another_chunker_becomes_what_it_would_be_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    functions = "".join(f"def turn_{n}(key):\n    return key + {n}\n\n\n" for n in range(40))
    world.commit(
        "shop", {"keys.py": functions, "same.py": "def same():\n    return 1\n", "gone.py": "x = 1\n"}
    )
    world.commit(
        "tools", {"main.go": "package main\n\nfunc main() {\n\tprintln(1)\n}\n", "notes.txt": "Tea.\n"}
    )
    with monkeypatch.context() as older:
        older.setattr("indexer.nightly.row_pool", pool_in_lines)
        older.setattr("indexer.nightly.CHUNKER", f"0/{INTAKE_VERSION}")
        world.night()
    cut_in_lines = chunks_of(world.state)
    world.commit("shop", {"gone.py": None, "new.py": "def new():\n    return 2\n"})
    monkeypatch.setattr("index_store.generations.PURGE_AFTER_SECONDS", 0.0)
    assert world.night().pruned == []  # nobody need be kept from what the same rules let in

    anew = tmp_path / "anew"
    run_night(NightOptions(anew, world.sources(), workers=1), world.embedder, ExtractiveSummariser())
    assert differences(anew, world.state) == []
    assert chunks_of(world.state) > cut_in_lines
