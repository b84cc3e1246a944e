"""A backup holds what took nights to make; restored on another machine it gives the same answers."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from index_store.check import check
from index_store.generations import generation_dir, list_generations, prune
from index_store.limits import PRUNE_AFTER_SECONDS
from index_store.manifest import read_manifest, sha256_of, write_manifest
from index_store.pin import pin
from model_chain.ledger import Ledger, Operation
from model_chain.summary_cache import CachedSummary, SummaryCache, SummaryKey
from nightdex.backup import contents, copying
from nightdex.backup.contents import LIST_NAME, read_list, write_list
from tests.place import Place

QUERIES = ("cart total", "sum of items", "keeps a tally", "def cart_total")
PAID = SummaryKey("0" * 64, 1, "digest")


@pytest.fixture
def shop(place: Place) -> Place:
    """A machine with an index, a key, a ledger and a description that was paid for."""
    place.configure('[chain]\nledger = "books/ledger.sqlite3"\n')
    place.commit("shop", {"tally.py": "class Tally:\n    '''Keeps a tally.'''\n    count = 0\n"})
    assert place.run("run")[0] == 0
    assert place.run("key", "create", "--note", "laptop")[0] == 0
    ledger = Ledger(place.root / "books" / "ledger.sqlite3")
    ledger.path.parent.mkdir()
    ledger.record(Operation("opus", "claude-opus-4-6", "flat", "ask", None, "test", "because"))
    with SummaryCache(place.state / "summaries.sqlite") as cache:
        cache.put(PAID, CachedSummary("Adds up a cart."))
    return place


def elsewhere(place: Place, root: Path) -> Place:
    """Another machine: nothing but the same repos.toml and clones."""
    root.mkdir()
    shutil.copytree(place.root / "code", root / "code")
    shutil.copy(place.root / "repos.toml", root)

    def run(*arguments: str) -> tuple[int, str, str]:
        os.chdir(root)
        try:
            return place.run(*arguments)
        finally:
            os.chdir(place.root)

    return Place(root, run)


def answers(place: Place) -> list[object]:
    told = [place.json("search", query) for query in QUERIES]
    for one in told:
        del one["took_ms"]
    return told


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_another_machine_gives_the_same_answers_and_takes_the_same_keys(shop: Place, tmp_path: Path) -> None:
    told = shop.json("backup", str(tmp_path / "usb" / "nightly"))
    backup = tmp_path / "usb" / "nightly"
    assert told["generation"] == 1
    files = [path for path in backup.rglob("*") if path.is_file() and path.name != LIST_NAME]
    assert (told["files"], told["bytes"]) == (len(files), sum(path.stat().st_size for path in files))
    assert [path.stat().st_mode & 0o077 for path in (backup, backup / "keys.sqlite")] == [0, 0]
    assert [p.name for p in backup.parent.iterdir()] == ["nightly"]
    other = elsewhere(shop, tmp_path / "other")
    status, out, err = other.run("restore", str(backup))
    assert (status, err) == (0, "")
    assert out.endswith("generation 1 serves now\n")
    assert answers(other) == answers(shop)
    assert check(other.state, 1) == []
    assert other.json("key", "list") == shop.json("key", "list")
    assert other.run("chain", "ledger", "--week", "--json") == shop.run("chain", "ledger", "--week", "--json")
    with SummaryCache(other.state / "summaries.sqlite") as cache:
        assert cache.get(PAID) == CachedSummary("Adds up a cart.")
    night = other.json("run")
    assert (night["published"], night["totals"]["embedded"]) == (
        True,
        0,
    )  # commits are those of the clones there


def test_a_backup_holds_no_key(shop: Place, tmp_path: Path) -> None:
    secret = shop.json("key", "create")["key"].split("_", 2)[2]
    backup = tmp_path / "nightly"
    assert shop.run("backup", str(backup))[0] == 0
    assert not [path for path in backup.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


def test_nothing_is_replaced_unless_that_is_asked_for(shop: Place, tmp_path: Path) -> None:
    backup = tmp_path / "nightly"
    assert shop.run("backup", str(backup))[0] == 0
    status, _, err = shop.run("backup", str(backup))
    assert (status, "--force" in err) == (1, True)
    status, _, err = shop.run("restore", str(backup))
    assert status == 1
    assert "generation 1 in " in err
    assert "keys.sqlite" in err
    assert shop.run("backup", str(backup), "--force")[0] == 0
    status, _, err = shop.run("backup", str(shop.root / "code"), "--force")
    assert (status, "is no backup" in err) == (1, True)
    assert (shop.root / "code" / "shop").is_dir()
    status, _, err = shop.run("backup", str(shop.state / "backup"))
    assert (status, "in the state directory itself" in err) == (1, True)


def test_a_restore_by_force_leaves_the_index_that_was_there_to_roll_back_to(
    shop: Place, tmp_path: Path
) -> None:
    before = answers(shop)
    assert shop.run("backup", str(tmp_path / "nightly"))[0] == 0
    shop.commit("shop", {"cart.py": None, "tax.py": "def tax(): pass\n"})
    assert shop.run("run")[0] == 0
    assert shop.run("key", "create")[0] == 0
    assert shop.json("restore", str(tmp_path / "nightly"), "--force")["generation"] == 3
    assert len(shop.json("key", "list")) == 1
    assert check(shop.state, 3) == []
    after = answers(shop)
    assert json.dumps(after).replace('"generation": 3', '"generation": 1') == json.dumps(before)
    assert shop.run("rollback")[1] == "generation 2 serves now\n"


def test_a_backup_of_a_machine_at_work_is_whole(shop: Place, tmp_path: Path) -> None:
    ledger, over = Ledger(shop.root / "books" / "ledger.sqlite3"), tmp_path / "over"
    busy = (
        "import sys\nfrom pathlib import Path\nfrom model_chain.ledger import Ledger, Operation\n"
        f"while not Path({str(over)!r}).exists():\n"
        f"    Ledger(Path({str(ledger.path)!r})).record("
        "Operation('opus', 'm', 'flat', 'ask', None, 'test', 'because'))\n"
    )
    nights = (
        "import subprocess, sys\nfrom pathlib import Path\n"
        f"while not Path({str(over)!r}).exists():\n"
        f"    Path('code/shop/cart.py').write_text(f'def total(): return {{id(object())}}')\n"
        "    subprocess.run([sys.executable, '-m', 'nightdex', 'run'], check=True, capture_output=True)\n"
    )
    shop.configure(
        '[chain]\nledger = "books/ledger.sqlite3"\n', '[[repo]]\npath = "code/shop"\nworktree = true\n'
    )
    running = [subprocess.Popen([sys.executable, "-c", text], cwd=shop.root) for text in (busy, nights)]
    try:
        for number in range(3):
            assert shop.run("backup", str(tmp_path / f"b{number}"))[0] == 0
    finally:
        over.touch()
        assert [process.wait(60) for process in running] == [0, 0]
    for number in range(3):
        folder = tmp_path / f"b{number}"
        backup = read_list(folder)
        assert list(contents.problems_of(folder, backup)) == []
        assert check(folder, backup.generation) == []
        with closing(sqlite3.connect(folder / "ledger.sqlite3")) as copy:
            assert copy.execute("pragma integrity_check").fetchone() == ("ok",)


def test_what_is_being_copied_is_not_pruned(shop: Place) -> None:
    for number in range(6):
        shop.commit("shop", {"n.py": f"def n(): return {number}\n"})
        assert shop.run("run")[0] == 0
    long_ago = time.time() - PRUNE_AFTER_SECONDS - 10
    for generation in list_generations(shop.state):
        os.utime(generation_dir(shop.state, generation), (long_ago, long_ago))
    first, second, *_ = list_generations(shop.state)
    with pin(generation_dir(shop.state, first)):
        assert prune(shop.state) == [second, second + 1]
    assert prune(shop.state) == [first]
    with pytest.raises(FileNotFoundError), pin(generation_dir(shop.state, first)):
        pass


@pytest.mark.parametrize("name", ["summaries.sqlite", LIST_NAME, "manifest.json"])
def test_a_damaged_backup_is_not_restored(shop: Place, tmp_path: Path, name: str) -> None:
    backup = tmp_path / "nightly"
    assert shop.run("backup", str(backup))[0] == 0
    (path,) = backup.rglob(name)
    flip(path)
    other = elsewhere(shop, tmp_path / "other")
    status, _, err = other.run("restore", str(backup))
    assert status == 1
    assert "use another" in err
    assert not other.state.exists()


def test_what_is_no_backup_or_of_another_format_is_refused_with_the_way_out(
    shop: Place, tmp_path: Path
) -> None:
    backup = tmp_path / "nightly"
    assert "is no backup" in shop.run("restore", str(tmp_path))[2]
    assert shop.run("backup", str(backup))[0] == 0
    other = elsewhere(shop, tmp_path / "other")
    whole = read_list(backup)
    write_list(backup, replace(whole, format=99, version="9.9.9"))
    status, _, err = other.run("restore", str(backup))
    assert (status, "made by nightdex 9.9.9" in err, "upgrade nightdex" in err) == (1, True, True)
    folder = generation_dir(backup, 1)
    write_manifest(folder, replace(read_manifest(folder), format_version=1))
    name = str((folder / "manifest.json").relative_to(backup))
    mark = ((backup / name).stat().st_size, sha256_of(backup / name))
    write_list(backup, replace(whole, files={**whole.files, name: mark}))
    status, _, err = other.run("restore", str(backup))
    assert (status, "--without-index" in err) == (1, True)
    assert not other.state.exists()
    assert other.json("restore", str(backup), "--without-index")["generation"] is None
    assert (other.state / "summaries.sqlite").exists()
    assert other.run("status")[0] == 10


def test_a_full_disk_leaves_the_earlier_backup_and_no_debris(
    shop: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = tmp_path / "usb" / "nightly"
    assert shop.run("backup", str(backup))[0] == 0
    before = (backup / LIST_NAME).read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("nightdex.backup.making.copy_file", full)
    status, _, err = shop.run("backup", str(backup), "--force")
    assert (status, "No space left on device" in err) == (1, True)
    assert (backup / LIST_NAME).read_bytes() == before
    assert [p.name for p in backup.parent.iterdir()] == ["nightly"]
    monkeypatch.setattr("nightdex.backup.making.room_below", lambda _: 10)
    assert "are free in" in shop.run("backup", str(tmp_path / "other"))[2]
    monkeypatch.setattr("nightdex.backup.restoring.copy_file", full)
    other = elsewhere(shop, tmp_path / "machine")
    status, _, err = other.run("restore", str(backup))
    assert (status, "was not restored" in err) == (1, True)
    assert other.run("status")[0] == 10


def test_a_backup_that_was_killed_leaves_what_the_next_one_removes(shop: Place, tmp_path: Path) -> None:
    place = tmp_path / "usb" / "nightly"
    killed = (
        "import os\nfrom nightdex.backup import making\nfrom nightdex.cli import main\n"
        "making.write_list = lambda *_: os._exit(9)\n"
        f"main(['backup', {str(place)!r}])\n"
    )
    assert subprocess.run([sys.executable, "-c", killed], cwd=shop.root, check=False).returncode == 9
    assert not place.exists()
    assert len(list(place.parent.iterdir())) == 1
    assert shop.run("backup", str(place))[0] == 0
    assert [p.name for p in place.parent.iterdir()] == ["nightly"]


def test_a_backup_that_was_killed_while_it_took_the_place_of_another_gives_it_back(
    shop: Place, tmp_path: Path
) -> None:
    place = tmp_path / "usb" / "nightly"
    assert shop.run("backup", str(place))[0] == 0
    before = (place / LIST_NAME).read_bytes()
    killed = (
        "import os\nfrom nightdex.backup import making\nfrom nightdex.cli import main\n"
        "making.shutil.rmtree = lambda *_, **__: os._exit(9)\nreal = making.Path.rename\n"
        "def rename(path, to):\n"
        "    if str(path).endswith('.new'):\n        os._exit(9)\n"
        "    return real(path, to)\n"
        f"making.Path.rename = rename\nmain(['backup', {str(place)!r}, '--force'])\n"
    )
    assert subprocess.run([sys.executable, "-c", killed], cwd=shop.root, check=False).returncode == 9
    assert not place.exists()
    assert "--force" in shop.run("backup", str(place))[2]
    assert (place / LIST_NAME).read_bytes() == before
    assert [p.name for p in place.parent.iterdir()] == ["nightly"]


def test_a_generation_with_a_file_that_leads_out_of_it_is_not_taken_in(shop: Place, tmp_path: Path) -> None:
    from index_store.adopt import adopt
    from index_store.errors import IndexDamaged

    backup = tmp_path / "nightly"
    assert shop.run("backup", str(backup))[0] == 0
    folder = generation_dir(backup, 1)
    (backup / "outside").write_text("x")
    manifest = read_manifest(folder)
    files = {**manifest.files, "../../outside": (1, sha256_of(backup / "outside"))}
    write_manifest(folder, replace(manifest, files=files))
    with pytest.raises(IndexDamaged, match="outside"):
        adopt(folder, tmp_path / "machine" / "state", lambda *_: None)
    assert not (tmp_path / "machine").exists()


def test_what_comes_out_of_the_copy_wrong_is_no_backup(
    shop: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(folder: Path, _: object) -> Iterator[str]:
        yield f"{folder.name} was changed: its SHA-256 differs"

    monkeypatch.setattr("nightdex.backup.making.problems_of", broken)
    status, _, err = shop.run("backup", str(tmp_path / "nightly"))
    assert (status, "cannot be read back" in err) == (1, True)
    assert not (tmp_path / "nightly").exists()


def test_a_damaged_database_is_named(shop: Place, tmp_path: Path) -> None:
    (shop.state / "shown.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    status, _, err = shop.run("backup", str(tmp_path / "nightly"))
    assert (status, "shown.sqlite" in err) == (1, True)
    assert copying.room_below(tmp_path / "not" / "there") > 0


def test_an_index_on_an_object_store_is_not_replaced_by_a_restore(shop: Place, tmp_path: Path) -> None:
    assert shop.run("backup", str(tmp_path / "nightly"))[0] == 0
    other = elsewhere(shop, tmp_path / "other")
    (other.root / "repos.toml").write_text(
        '[index]\nstate_dir = "s3://bucket/index"\nlocal_dir = "copy"\n[[repo]]\npath = "code/shop"\n'
        '[chain]\nledger = "ledger.sqlite3"\n'
    )
    status, _, err = other.run("restore", str(tmp_path / "nightly"))
    assert (status, "--without-index" in err) == (1, True)
    assert other.run("restore", str(tmp_path / "nightly"), "--without-index")[0] == 0
