"""The night, end to end: real git repositories in, a published generation out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from index_store.generations import current_generation
from indexer.errors import TooManyVanished
from indexer.night_report import NightReport, Outcome, last_report
from tests.nights import World
from tests.repositories import lose_object

SHOP: dict[str, str | bytes | None] = {
    "auth/session.py": (
        'class Session:\n    """A login."""\n\n'
        "    def refresh(self, token: str) -> str:\n        return token\n"
    ),
    "auth/keys.py": "def rotate_keys():\n    return 1\n",
    "logo.png": b"\x89PNG\r\n\x1a\n\x00\x00\x00",
    "README.md": "# Shop\n\nSells things.\n",
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.commit("shop", SHOP)
    world.commit("tools", {"main.go": "package main\n\nfunc main() {\n\tprintln(1)\n}\n"})
    return world


def of(report: NightReport, name: str):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a test's shorthand
    return next(r for r in report.repositories if r.name == name)


def test_a_first_night_publishes_every_function_and_adds_up(world: World) -> None:
    report = world.night()
    assert report.published
    assert report.outcome == "ok"
    assert all(r.adds_up for r in report.repositories)
    assert of(report, "shop").skipped == {"binary": 1}
    assert {
        ("shop", "auth/session.py", "Session.refresh"),
        ("shop", "auth/keys.py", "rotate_keys"),
        ("tools", "main.go", "main"),
    } <= world.symbols()
    saved = last_report(world.state)
    assert saved is not None
    assert saved["generation"] == report.generation


def test_a_second_night_with_nothing_changed_embeds_nothing_and_publishes_nothing(world: World) -> None:
    first = world.night()
    calls = len(world.embedder.calls)
    second = world.night()
    assert len(world.embedder.calls) == calls
    assert second.totals()["embedded"] == 0
    assert (second.published, second.generation) == (False, first.generation)
    assert all(r.outcome is Outcome.UNCHANGED and r.adds_up for r in second.repositories)
    assert second.totals()["chunks"] == first.totals()["chunks"]


def test_after_one_commit_only_that_files_chunks_change(world: World) -> None:
    world.night()
    before = {c.id: c for c in world.stored()}
    world.commit("shop", {"auth/keys.py": "def rotate_keys():\n    return 2\n"})
    report = world.night()
    after = {c.id: c for c in world.stored()}
    changed = {c.path for i, c in before.items() if i not in after}
    changed |= {c.path for i, c in after.items() if i not in before}
    assert changed == {"auth/keys.py"}
    assert of(report, "shop").changed == 1
    assert of(report, "tools").outcome is Outcome.UNCHANGED


def test_a_moved_file_is_found_at_its_new_place_only(world: World) -> None:
    world.night()
    world.commit("shop", {"auth/keys.py": None, "old/auth/keys.py": SHOP["auth/keys.py"]})
    calls = len(world.embedder.calls)
    report = world.night()
    embedded = [text for call in world.embedder.calls[calls:] for text in call]
    assert not [text for text in embedded if "return 1" in text], "its code was embedded again"
    assert of(report, "shop").moved == 1
    assert ("shop", "old/auth/keys.py", "rotate_keys") in world.symbols()
    assert ("shop", "auth/keys.py", "rotate_keys") not in world.symbols()


def test_a_removed_file_is_gone_from_the_index(world: World) -> None:
    world.night()
    world.commit("shop", {"auth/session.py": None})
    report = world.night()
    assert of(report, "shop").gone == 1
    assert not [s for s in world.symbols() if s[1] == "auth/session.py"]


def test_a_repository_no_longer_configured_is_removed(world: World) -> None:
    world.night()
    world.names.remove("tools")
    report = world.night()
    assert report.removed == ["tools"]
    assert {s[0] for s in world.symbols()} == {"shop"}


def test_a_corrupt_repository_keeps_its_last_good_chunks_marked_stale(world: World) -> None:
    world.night()
    good = {s for s in world.symbols() if s[0] == "shop"}
    world.commit("shop", {f"new{i}.py": f"def f{i}(): pass\n" for i in range(30)})
    for loose in (world.folder("shop") / ".git" / "objects").glob("[0-9a-f][0-9a-f]/*"):
        loose.chmod(0o644)
        loose.write_bytes(b"rubbish")
    world.commit("tools", {"more.go": "package main\n\nfunc more() {\n}\n"})
    report = world.night()
    assert report.outcome == "partial"
    assert of(report, "shop").outcome is Outcome.STALE
    assert of(report, "shop").reason
    assert {s for s in world.symbols() if s[0] == "shop"} == good
    assert ("tools", "more.go", "more") in world.symbols()
    assert {c.repo for c in world.stored()} == {"shop", "tools"}


def test_many_repositories_vanishing_at_once_publish_nothing(world: World) -> None:
    world.commit("third", {"a.py": "def a(): pass\n"})
    first = world.night()
    for name in ("shop", "tools"):
        shutil.move(world.folder(name), world.root / f"unmounted-{name}")
    with pytest.raises(TooManyVanished, match="shop, tools"):
        world.night()
    assert current_generation(world.state) == first.generation
    assert {s[0] for s in world.symbols()} == {"shop", "tools", "third"}

    # as a glob sees it: what is gone is not even configured any more
    world.names = ["third"]
    with pytest.raises(TooManyVanished, match="--accept-vanished"):
        world.night()
    world.night(accept_vanished=True)
    assert {s[0] for s in world.symbols()} == {"third"}


def test_one_repository_vanishing_keeps_its_chunks(world: World) -> None:
    for i in range(3):
        world.commit(f"extra{i}", {"a.py": f"def a{i}(): pass\n"})
    world.night()
    shutil.rmtree(world.folder("tools"))
    report = world.night()
    assert of(report, "tools").outcome is Outcome.STALE
    assert ("tools", "main.go", "main") in world.symbols()


def test_one_named_repository_can_be_brought_up_to_date_alone(world: World) -> None:
    world.night()
    world.commit("shop", {"new.py": "def new_one(): pass\n"})
    world.commit("tools", {"new.go": "package main\n\nfunc newOne() {\n}\n"})
    report = world.night(only=("shop",))
    assert [r.name for r in report.repositories] == ["shop"]
    names = {s[2] for s in world.symbols()}
    assert "new_one" in names
    assert "newOne" not in names
    assert "main" in names


def test_an_object_that_stays_missing_is_reported_and_changes_nothing(world: World) -> None:
    lose_object(world.folder("shop"), "HEAD:auth/keys.py")
    assert of(world.night(), "shop").skipped == {"binary": 1, "missing_object": 1}
    again = world.night()
    assert of(again, "shop").outcome is Outcome.UNCHANGED
    assert of(again, "shop").adds_up
    assert not again.published
