from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from index_store.check import check
from index_store.generations import generation_dir
from index_store.inventory import read_inventory, write_inventory
from index_store.manifest import digest_files, read_manifest, write_manifest
from index_store.testing import build_generation, make_row

ROWS = [make_row(path=f"{name}.py", text=f"def {name}(): ...", symbol=name) for name in ("a", "b", "c")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("whole")
    build_generation(state, ROWS)
    assert check(state, 1) == []
    return state


@pytest.fixture
def state(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "state")
    return tmp_path / "state"


def files(state: Path) -> Iterator[Path]:
    yield from sorted(entry for entry in generation_dir(state, 1).rglob("*") if entry.is_file())


def test_one_flipped_bit_in_any_file_is_found(state: Path) -> None:
    assert len(list(files(state))) > 10
    for victim in files(state):
        good = victim.read_bytes()
        for place in {0, len(good) // 2, len(good) - 1}:
            bad = bytearray(good)
            bad[place] ^= 1 << place % 8
            victim.write_bytes(bad)
            assert check(state, 1) != [], f"{victim.name} at byte {place}"
        victim.write_bytes(good)
    assert check(state, 1) == []


def test_any_truncated_missing_or_extra_file_is_found(state: Path) -> None:
    for victim in files(state):
        good = victim.read_bytes()
        victim.write_bytes(good[:-1])
        assert check(state, 1) != [], f"{victim.name} cut short"
        victim.unlink()
        assert check(state, 1) != [], f"{victim.name} missing"
        victim.write_bytes(good)
    extra = generation_dir(state, 1) / "chunks.lance" / "data" / "stray.lance"
    extra.write_bytes(b"")
    assert check(state, 1) == ["chunks.lance/data/stray.lance is not part of the generation"]


def test_rows_that_the_inventory_does_not_know_are_found(state: Path) -> None:
    folder = generation_dir(state, 1)
    inventory = read_inventory(folder / "inventory.parquet")
    known = inventory["shop"].pop("a.py")
    inventory["shop"]["d.py"] = replace(known, path="d.py")
    write_inventory(folder / "inventory.parquet", inventory)
    manifest = read_manifest(folder)
    write_manifest(folder, replace(manifest, files=digest_files(folder, None, {}), chunks=4))
    assert check(state, 1) == [
        "shop/a.py has 1 chunks; the inventory says 0",
        "shop/d.py has 0 chunks; the inventory says 1",
        "the table has 3 rows; the manifest says 4",
    ]


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"null", b'{"manifest": 3}', b"\xff", b'{"manifest": {}}']
)
def test_a_manifest_that_is_none_is_named(state: Path, content: bytes) -> None:
    (generation_dir(state, 1) / "manifest.json").write_bytes(content)
    [problem] = check(state, 1)
    assert "manifest.json is not a manifest" in problem


def test_a_manifest_of_a_newer_format_is_left_alone(state: Path) -> None:
    path = generation_dir(state, 1) / "manifest.json"
    body = asdict(read_manifest(path.parent)) | {"format_version": 99, "news": "unknown here"}
    path.write_text(json.dumps({"manifest": body}))
    [problem] = check(state, 1)
    assert "upgrade nightdex" in problem
