"""What is gone, empty or unreadable tonight, and what the index keeps of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from index_store.generations import current_generation
from indexer.errors import TooManyVanished
from indexer.night_report import Outcome
from model_chain.testing import FakeEmbedder
from tests.nights import World

NAMES = ("shop", "tools", "third")


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    for name in NAMES:
        world.commit(name, {"a.py": f"def {name}():\n    return 1\n"})
    world.night()
    return world


def other_embedder() -> FakeEmbedder:
    return FakeEmbedder(dimension=2 * FakeEmbedder().fingerprint.dimension)


def test_vanishings_of_different_nights_do_not_add_up(world: World) -> None:
    shutil.rmtree(world.folder("shop"))
    world.night()
    shutil.rmtree(world.folder("tools"))
    assert [r.outcome for r in world.night().repositories] == [
        Outcome.STALE,
        Outcome.STALE,
        Outcome.UNCHANGED,
    ]
    assert {s[0] for s in world.symbols()} == set(NAMES)


def test_vanishings_that_were_accepted_stay_accepted(world: World) -> None:
    for name in ("shop", "tools"):
        shutil.rmtree(world.folder(name))
    world.night(accept_vanished=True)
    world.commit("third", {"b.py": "def later():\n    return 1\n"})
    assert world.night().published
    assert "later" in {s[2] for s in world.symbols()}


def test_many_repositories_that_are_empty_folders_at_once_publish_nothing(world: World) -> None:
    before = world.symbols()
    for name in ("shop", "tools"):  # as mount points are without their disks
        shutil.rmtree(world.folder(name))
        world.folder(name).mkdir()
    with pytest.raises(TooManyVanished, match="gone or empty"):
        world.night()
    assert world.symbols() == before


def test_many_repositories_vanishing_on_the_night_of_another_embedder_publish_nothing(world: World) -> None:
    generation = current_generation(world.state)
    world.embedder = other_embedder()
    for name in ("shop", "tools"):
        shutil.rmtree(world.folder(name))
    with pytest.raises(TooManyVanished, match="shop, tools"):
        world.night()
    assert current_generation(world.state) == generation


def test_a_night_for_one_repository_with_another_embedder_rebuilds_them_all(world: World) -> None:
    world.embedder = other_embedder()
    world.night(only=("shop",))
    assert {s[0] for s in world.symbols()} == set(NAMES)


def test_a_repository_that_was_never_readable_does_not_claim_to_be_kept(world: World) -> None:
    world.commit("broken", {"a.py": "a = 1\n"})
    (world.folder("broken") / ".git" / "HEAD").write_text("rubbish")
    for _ in range(2):
        (report,) = [r for r in world.night().repositories if r.name == "broken"]
        assert report.outcome is Outcome.FAILED
