"""An inventory says the same read back as written, whichever repositories were looked at meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_store.errors import IndexDamaged
from index_store.inventory import Inventory, read_inventory, write_inventory
from index_store.schema import FileRow


def files(repo: str, *paths: str) -> dict[str, FileRow]:
    return {path: FileRow(repo, path, "b" * 40, 9, "python", 1, "") for path in paths}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.parquet"
    write_inventory(path, Inventory({"tools": files("tools", "z.py", "a.py"), "shop": files("shop", "k.py")}))
    return path


def test_it_is_read_as_it_was_written(path: Path) -> None:
    assert read_inventory(path) == {"shop": files("shop", "k.py"), "tools": files("tools", "a.py", "z.py")}


@pytest.mark.parametrize("looked_at", [(), ("shop",), ("shop", "tools")])
def test_what_is_looked_at_changes_nothing_of_what_is_written(path: Path, looked_at: tuple[str, ...]) -> None:
    before, inventory = path.read_bytes(), read_inventory(path)
    for repo in looked_at:
        assert inventory[repo]
    write_inventory(path, inventory)
    assert path.read_bytes() == before


def test_a_copy_changes_by_itself(path: Path) -> None:
    inventory = read_inventory(path)
    copy = inventory.copy()
    copy["shop"] = files("shop", "new.py")
    del copy["tools"]
    assert inventory == read_inventory(path)
    assert copy == {"shop": files("shop", "new.py")}


def test_one_without_files_can_be_written(tmp_path: Path) -> None:
    write_inventory(tmp_path / "empty", Inventory())
    assert read_inventory(tmp_path / "empty") == {}


def test_one_that_cannot_be_read_is_damage(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged):
        read_inventory(tmp_path / "missing")
