"""A night on a real Ray cluster of this machine, into an index on a real S3 server."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog

from benchmarks.same_rows import chunks_of, differences
from index_store.shared import SharedIndex
from indexer.embed import RowEmbedder
from indexer.engine import Engine
from indexer.errors import ClusterUnusable
from indexer.night_options import NightOptions
from indexer.night_report import NightReport
from indexer.nightly import run_night
from indexer.progress import SilentProgress
from model_chain.backends.embedded import EmbeddedEmbedder
from model_chain.backends.extractive import ExtractiveSummariser
from model_chain.testing import FakeEmbedder
from tests.nights import World

WORKERS = 2


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as small repositories fill."""
    monkeypatch.setattr("indexer.cluster.ray_engine.NODE_BATCH_FILES", 4)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    for name, language in (("shop", "py"), ("till", "go"), ("stock", "md")):
        world.commit(name, {f"src/{part}.{language}": text(name, part, language) for part in range(40)})
    return world


def text(name: str, part: int, language: str) -> str:
    if language == "go":
        return f"package {name}\n\n// Pay{part} pays.\nfunc Pay{part}(bill int) int {{\n\treturn {part}\n}}\n"
    if language == "md":
        return f"# Stock {part}\n\nShelf {part} of {name}.\n\n## Where\n\nIn hall {part % 7}.\n"
    return (
        f"class Cart{part}:\n    def total(self):\n        return sum(self.prices) + {part}\n\n\n"
        "def pay(bill):\n    return settle(bill)\n"
    )


class KillHalfWay(SilentProgress):
    """Ends one worker with SIGKILL when half of the files are there."""

    def __init__(self, files: int) -> None:
        self.left = files
        self.victim = 0

    def files_done(self, name: str, files: int, chunks: int) -> None:
        del name, chunks
        self.left -= files
        if self.victim and self.left <= 0:
            os.kill(self.victim, signal.SIGKILL)
            self.victim = 0


@contextmanager
def cluster(rows: RowEmbedder, progress: KillHalfWay) -> Iterator[Engine]:
    from indexer.cluster.ray_engine import ray_engine

    with ray_engine(rows, "", EmbeddedEmbedder, workers=WORKERS) as engine:
        assert len(engine.introductions) == WORKERS
        progress.victim = engine.introductions[0].process
        yield engine


def night(world: World, state: Path, **more: object) -> NightReport:
    progress = more.pop("progress", None)
    options = NightOptions(state, world.sources(), workers=1, **more)  # type: ignore[arg-type] # as given above
    return run_night(options, EmbeddedEmbedder(), ExtractiveSummariser(), progress)  # type: ignore[arg-type] # the same


def test_a_night_on_two_workers_of_which_one_is_killed_makes_the_same_index(
    world: World, machine: Callable[[str], SharedIndex]
) -> None:
    alone = world.root / "alone"
    night(world, alone)
    shared, progress = machine("driver"), KillHalfWay(files=60)
    with structlog.testing.capture_logs() as logs:
        report = night(
            world,
            shared.state_dir,
            shared=shared,
            engine=lambda rows: cluster(rows, progress),
            progress=progress,
        )
    assert report.outcome == "ok"
    assert any(entry["event"] == "a worker was lost" for entry in logs)
    assert not progress.victim
    reading = machine("api")
    reading.fetch()
    assert differences(alone, reading.state_dir) == []
    assert chunks_of(reading.state_dir) == report.totals()["chunks"] > 120
    # What did not change costs the next night nothing, on the cluster as at home.
    assert not night(world, shared.state_dir, shared=shared).published


def test_a_cluster_that_is_not_there_is_named() -> None:
    from indexer.cluster.ray_engine import ray_engine

    with (
        pytest.raises(ClusterUnusable, match=r"no Ray cluster at 127\.0\.0\.1:9.*--address"),
        ray_engine(RowEmbedder(FakeEmbedder()), "127.0.0.1:9", FakeEmbedder, workers=1),
    ):
        pass
