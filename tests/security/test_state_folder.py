"""The state folder holds the code of every repository: it is its owner's alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from nightdex.backup.making import Sources, make_backup
from nightdex.backup.restoring import restore_backup
from tests import repositories as made
from tests.nights import World


@pytest.fixture
def world(open_path: Path) -> World:
    world = World(open_path)
    world.commit("shop", {"a.py": "def total():\n    return 41\n"})
    return world


def test_a_state_folder_is_made_for_its_owner_alone(world: World) -> None:
    world.night()
    assert world.state.stat().st_mode & 0o777 == 0o700


def test_no_other_user_can_read_the_index(world: World) -> None:
    world.night()
    code = """
import os
for folder in sys.argv[1:]:
    try:
        print(len(os.listdir(folder)) > 0)
    except PermissionError:
        print("denied")
"""
    assert made.as_nobody(code, str(world.root / "code"), str(world.state)) == "True\ndenied\n"


def test_a_state_folder_that_was_shared_on_purpose_stays_shared(world: World) -> None:
    world.state.mkdir()
    world.state.chmod(0o750)
    world.night()
    assert world.state.stat().st_mode & 0o777 == 0o750


def test_a_backup_is_its_owners_alone(world: World, tmp_path: Path) -> None:
    world.night()
    configuration = tmp_path / "repos.toml"
    configuration.write_text("")
    sources = Sources(world.state, tmp_path / "ledger.sqlite3", configuration)
    make_backup(sources, tmp_path / "backup", lambda _: None)
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o700
    elsewhere = Sources(tmp_path / "restored", tmp_path / "books/ledger.sqlite3", configuration)
    restore_backup(tmp_path / "backup", elsewhere, lambda _: None)
    assert elsewhere.state_dir.stat().st_mode & 0o777 == 0o700
