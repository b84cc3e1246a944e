"""Workers have files of the next repository while one is stored: each still fails, or ends, alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_store.errors import NoIndex
from index_store.generations import current_generation
from indexer.night_options import NightOptions
from indexer.night_report import Outcome, RepositoryReport
from indexer.nightly import run_night
from indexer.progress import SilentProgress
from model_chain.backends.extractive import ExtractiveSummariser
from tests.nights import World
from tests.repositories import git, loose_object


class Steps(SilentProgress):
    """What was begun and finished, in order."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def fail(self, step: str) -> None:
        """Stand where a failpoint stands."""
        if step.startswith("repository:"):
            self.seen.append(step.replace("repository:", "begin "))

    def repository_finished(self, report: RepositoryReport) -> None:
        self.seen.append(f"end {report.name}")


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    for name in ("one", "two", "three"):
        world.commit(name, {f"{name}{i}.py": f"def {name}{i}():\n    return {i}\n" for i in range(20)})
    return world


def steps_of_a_night(world: World) -> list[str]:
    steps = Steps()
    options = NightOptions(world.state, world.sources(), workers=1, failpoint=steps.fail)
    run_night(options, world.embedder, ExtractiveSummariser(), steps)
    return steps.seen


def break_an_object(world: World, name: str) -> None:
    broken = loose_object(world.folder(name), git(world.folder(name), "rev-parse", f"HEAD:{name}9.py"))
    broken.chmod(0o644)
    packed = broken.read_bytes()
    broken.write_bytes(packed[:12] + b"\xff" * (len(packed) - 12))


def test_one_repository_is_begun_before_the_one_before_it_is_stored_and_never_two(world: World) -> None:
    in_turn = ["begin one", "begin two", "end one", "begin three", "end two", "end three"]
    assert steps_of_a_night(world) == in_turn
    assert steps_of_a_night(world) == in_turn  # where nothing has changed, too


def test_a_repository_that_breaks_while_it_is_read_ahead_costs_itself_alone(world: World) -> None:
    break_an_object(world, "two")
    report = world.night()
    assert [(one.name, one.outcome) for one in report.repositories] == [
        ("one", Outcome.INDEXED),
        ("two", Outcome.FAILED),
        ("three", Outcome.INDEXED),
    ]
    assert all(one.adds_up for one in report.repositories)
    assert {repo for repo, _, _ in world.symbols()} == {"one", "three"}
    assert [one.chunks for one in report.repositories] == [20, 0, 20]


def test_what_is_read_ahead_outlives_the_roll_back_of_the_repository_before_it(world: World) -> None:
    world.night()
    for name in ("one", "two"):
        world.commit(name, {f"{name}9.py": f"def {name}_new():\n    return 1\n"})
    break_an_object(world, "one")
    report = world.night()
    assert [one.outcome for one in report.repositories] == [
        Outcome.STALE,
        Outcome.INDEXED,
        Outcome.UNCHANGED,
    ]
    symbols = {symbol for _, _, symbol in world.symbols()}
    assert {"one9", "two_new", "three9"} <= symbols
    assert not {"one_new", "two9"} & symbols


def test_a_night_that_ends_while_the_next_repository_is_opened_publishes_nothing(world: World) -> None:
    def stop(step: str) -> None:
        if step == "repository:two":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.night(failpoint=stop)
    with pytest.raises(NoIndex):
        current_generation(world.state)
    world.night()
    assert {repo for repo, _, _ in world.symbols()} == {"one", "two", "three"}
