"""A night in which nothing moved is over early, says what a long one would say, and misses no change."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from index_store.generations import rollback
from indexer.night_options import NightOptions
from indexer.night_report import NightReport, last_report
from indexer.progress import SilentProgress
from indexer.settled import SETTLED_NAME
from indexer.sources.definition import SourceDefinition
from indexer.unchanged import unchanged_night
from model_chain.backends.extractive import ExtractiveSummariser
from model_chain.testing import FakeEmbedder
from tests.nights import World
from tests.repositories import git, lose_object

# What depends on when a night ran, and how.
_OF_THE_MOMENT = {"started_at", "seconds", "peak_memory", "steps"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.commit("shop", {"keys.py": "def rotate_keys():\n    return 1\n", "logo.png": b"\x89PNG\x00\x00"})
    world.commit("tools", {"main.go": "package main\n\nfunc main() {\n\tprintln(1)\n}\n"})
    return world


def early(world: World, *, only: tuple[str, ...] = (), sources: tuple[SourceDefinition, ...] = ()):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a report or None
    options = NightOptions(world.state, sources or world.sources(), frozenset(only))
    return unchanged_night(options, world.embedder, ExtractiveSummariser(), SilentProgress())


def told(report: NightReport) -> dict[str, object]:
    body = {name: value for name, value in report.as_json().items() if name not in _OF_THE_MOMENT}
    body["repositories"] = [dataclasses.replace(one, seconds=0.0) for one in report.repositories]
    return body


def test_it_reports_what_a_night_that_looks_at_every_file_reports(world: World) -> None:
    world.night()
    report = early(world)
    assert report is not None
    saved = last_report(world.state)
    assert saved is not None
    assert saved["started_at"] == report.started_at
    assert told(report) == told(world.night())


def test_only_what_was_asked_for_is_reported(world: World) -> None:
    world.night()
    world.commit("shop", {"new.py": "def new():\n    return 2\n"})
    report = early(world, only=("tools",))
    assert report is not None
    assert [one.name for one in report.repositories] == ["tools"]
    assert early(world) is None


def test_what_one_night_settled_stays_settled_while_others_change(world: World) -> None:
    world.night()
    world.commit("shop", {"new.py": "def new():\n    return 2\n"})
    assert early(world) is None
    assert world.night(only=("shop",)).published
    assert early(world) is not None


def test_a_commit_on_a_packed_branch_is_noticed(world: World) -> None:
    git(world.folder("shop"), "pack-refs", "--all")
    world.night()
    assert early(world) is not None
    world.commit("shop", {"new.py": "def new():\n    return 2\n"})
    assert early(world) is None


def test_another_rule_of_repos_toml_is_noticed(world: World) -> None:
    world.night()
    first, *others = world.sources()
    assert early(world, sources=(dataclasses.replace(first, exclude=("*.py",)), *others)) is None
    assert early(world, sources=(first,)) is None


def test_a_repository_that_is_gone_is_noticed(world: World) -> None:
    world.night()
    shutil.rmtree(world.folder("tools"))
    assert early(world) is None


def test_an_object_that_was_missing_is_asked_for_again(world: World) -> None:
    content = (world.folder("shop") / "keys.py").read_bytes()
    lose_object(world.folder("shop"), "HEAD:keys.py")
    world.night()
    report = early(world)
    assert report is not None
    assert report.repositories[0].skipped["missing_object"] == 1
    assert told(report) == told(world.night())
    git(world.folder("shop"), "hash-object", "-w", "--stdin", given=content)
    assert early(world) is None
    assert world.night().repositories[0].chunked == 1
    assert early(world) is not None


def test_a_repository_that_lacks_more_than_can_be_asked_for_is_looked_at_whole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.settled.MAX_MISSING_OBJECTS", 0)
    lose_object(world.folder("shop"), "HEAD:keys.py")
    world.night()
    assert early(world) is None
    assert early(world, only=("tools",)) is not None


def test_what_git_does_not_say_is_looked_at_whole(world: World) -> None:
    lose_object(world.folder("shop"), "HEAD:keys.py")
    world.night()
    (world.folder("shop") / ".git" / "config").write_text("[core\n")
    assert early(world) is None


def test_another_model_is_noticed(world: World) -> None:
    world.night()
    world.embedder = FakeEmbedder(dimension=world.embedder.fingerprint.dimension + 1)
    assert early(world) is None


def test_a_generation_that_was_rolled_back_to_is_not_taken_for_settled(world: World) -> None:
    world.night()
    world.commit("shop", {"new.py": "def new():\n    return 2\n"})
    world.night()
    rollback(world.state)
    assert early(world) is None
    assert world.night().published


def test_a_damaged_index_is_noticed(world: World) -> None:
    world.night()
    [table] = (world.state / "generations" / "1").rglob("data/*.lance")
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 1
    table.write_bytes(content)
    assert early(world) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"generation": 1, "repositories": {"shop": {}}}'])
def test_a_garbled_record_costs_a_look_at_every_file(world: World, content: bytes) -> None:
    world.night()
    (world.state / SETTLED_NAME).write_bytes(content)
    assert early(world) is None
    assert not world.night().published
    assert early(world) is not None
