from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index_store.objects import Objects
from index_store.place import Place
from index_store.shared import SharedIndex
from tests.servers.weed import BUCKET, Weed, running_weed

_PREFIXES = itertools.count()


@pytest.fixture(scope="session")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weed]:
    """One server for all tests; each has a place of its own in it."""
    with running_weed(tmp_path_factory.mktemp("weed")) as server:
        yield server


@pytest.fixture
def place(weed: Weed, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A new place, and the credentials of its owner in the environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in weed.environment().items():
        monkeypatch.setenv(name, value)
    return Place(BUCKET, f"{os.getpid()}/{next(_PREFIXES)}")


@pytest.fixture
def machine(place: Place, tmp_path: Path) -> Callable[[str], SharedIndex]:
    """The index as the machine of this name sees it."""

    def named(name: str) -> SharedIndex:
        return SharedIndex(Objects(place, patience=5), tmp_path / name)

    return named
