"""Counts of what searches showed that cannot be kept cost no search and no night."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from index_store.shown import SHOWN_NAME, ShownCounts
from indexer.night_options import DescriptionLimits
from model_chain.testing import FakeEmbedder
from search_api.app import create_app
from tests.disks import no_room, small_disk
from tests.nights import World
from tests.pages import serving
from tests.unit.indexer.versioned import Versioned

Fault = Callable[[Path], AbstractContextManager[None]]


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Another program writes, and does not come to an end."""
    with closing(sqlite3.connect(state / SHOWN_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def damaged(state: Path) -> Iterator[None]:
    """Something wrote over the file."""
    (state / SHOWN_NAME).write_bytes(b"no database, " * 1000)
    yield


@contextmanager
def read_only(state: Path) -> Iterator[None]:
    """The directory belongs to somebody else, who lets everybody read it."""
    state.chmod(0o555)
    (state / SHOWN_NAME).chmod(0o444)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        state.chmod(0o755)


@pytest.fixture
def world(open_path: Path) -> Iterator[World]:
    world = World(open_path)
    lines = "".join(f"    print('hello', name, 'for the {n}. time')\n" for n in range(6))
    world.commit("shop", {"greet.py": f"def greet(name):\n{lines}"})
    world.state.mkdir()
    with small_disk(world.state):
        world.night()
        yield world


def search(world: World) -> list[str]:
    """Start a server, search it once over HTTP, stop it; the warnings that it logged."""
    with capture_logs() as lines, serving(create_app(world.state, lambda _: FakeEmbedder())) as url:
        found = httpx.get(f"{url}/v1/search", params={"query": "greet", "mode": "symbol"}, timeout=30).json()
        assert [hit["symbol"] for hit in found["hits"]] == ["greet"]
    return [line["event"] for line in lines if line["log_level"] == "warning" and not elsewhere(line, world)]


def elsewhere(line: MutableMapping[str, Any], world: World) -> bool:
    """Whether the server of another test says it: it outlives its test, and is another user now as well."""
    return line["event"] == "generation_not_opened" and str(world.state) not in line["reason"]


def night(world: World) -> list[str]:
    """A night that orders what waits and describes nothing; the warnings that it logged."""
    with capture_logs() as lines:
        report = world.night(describer=Versioned(), limits=DescriptionLimits(max_per_night=0))
    assert report.outcome == "ok"
    assert report.descriptions is not None
    assert report.descriptions.waiting == 1
    return [line["event"] for line in lines if line["log_level"] == "warning"]


@pytest.mark.parametrize("fault", [locked, damaged, read_only, no_room])
def test_a_file_that_cannot_be_written_costs_no_search_and_is_logged(world: World, fault: Fault) -> None:
    assert search(world) == []
    with fault(world.state):
        assert search(world) == ["shown_hits_not_counted"]


def test_a_file_that_is_damaged_costs_a_night_the_order_only(world: World) -> None:
    with damaged(world.state):
        assert night(world) == ["descriptions are ordered without what searches showed"]


def test_a_file_that_is_locked_costs_a_night_the_tidying_only(world: World) -> None:
    ShownCounts(world.state).add({"0123456789abcdef": 1})
    with locked(world.state):
        assert night(world) == ["counts of chunks that are gone were kept"]
    assert night(world) == []
    assert ShownCounts(world.state).read() == {}


def test_a_full_disk_under_the_counts_ends_no_night(world: World) -> None:
    search(world)
    night(world)
    with no_room(world.state):
        assert "descriptions are ordered without what searches showed" in night(world)
