from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from index_store.check import check
from index_store.errors import GenerationMissing, IndexDamaged, NoIndex
from index_store.generations import (
    current_generation,
    generation_dir,
    generations_dir,
    list_generations,
    outdated_generations,
    prune,
    rollback,
    seconds_to_purge,
)
from index_store.limits import PRUNE_AFTER_SECONDS, PURGE_AFTER_SECONDS
from index_store.testing import EMBEDDER, build_generation, make_row
from index_store.writer import GenerationWriter

ROWS = [make_row(path=f"{name}.py", text=name) for name in ("a", "b")]


def build(state: Path, generations: int) -> None:
    for _ in range(generations):
        build_generation(state, ROWS)


def make_old(state: Path, *generations: int) -> None:
    superseded = time.time() - PRUNE_AFTER_SECONDS - 1
    for generation in generations:
        os.utime(generation_dir(state, generation), (superseded, superseded))


def test_a_state_directory_that_is_a_file_holds_no_index(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(NoIndex):
        current_generation(tmp_path / "state")


@pytest.mark.parametrize("name", ["CURRENT", "generations"])
def test_what_cannot_be_read_is_said_with_its_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied", str(path)) if path.name == name else FileNotFoundError

    monkeypatch.setattr(Path, "read_text", refuse)
    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(IndexDamaged, match=f"{name}: Permission denied; see who may read it"):
        current_generation(tmp_path)


def test_before_the_first_night_there_is_no_index(tmp_path: Path) -> None:
    with pytest.raises(NoIndex, match="nightdex run") as raised:
        current_generation(tmp_path)
    assert raised.value.exit_status == 10
    assert list_generations(tmp_path) == []
    assert prune(tmp_path) == []


@pytest.mark.parametrize("content", [None, b"", b"\n", b"99\n", b"\xff\x00", b"../1", b"-1", b"\xc2\xb2"])
def test_a_lost_current_falls_back_to_the_newest_whole_generation(
    tmp_path: Path, content: bytes | None
) -> None:
    build(tmp_path, 3)
    damaged = next((generation_dir(tmp_path, 3) / "chunks.lance" / "data").iterdir())
    damaged.write_bytes(damaged.read_bytes()[1:])
    pointer = tmp_path / "CURRENT"
    if content is None:
        pointer.unlink()
    else:
        pointer.write_bytes(content)
    assert current_generation(tmp_path) == 2


def test_nothing_whole_to_fall_back_to_says_so(tmp_path: Path) -> None:
    build(tmp_path, 1)
    (tmp_path / "CURRENT").unlink()
    (generation_dir(tmp_path, 1) / "manifest.json").unlink()
    with pytest.raises(IndexDamaged, match="nightdex run"):
        current_generation(tmp_path)


def test_prune_keeps_the_current_the_last_four_and_the_recently_superseded(tmp_path: Path) -> None:
    build(tmp_path, 8)
    make_old(tmp_path, 1, 2, 3, 5, 6, 7, 8)
    rollback(tmp_path, 2)
    make_old(tmp_path, 2)
    assert prune(tmp_path) == [1, 3]
    assert list_generations(tmp_path) == [2, 4, 5, 6, 7, 8]
    assert sorted(entry.name for entry in generations_dir(tmp_path).iterdir()) == list("245678")


def test_generations_of_other_rules_go_whatever_their_number_once_readers_have_left(tmp_path: Path) -> None:
    build(tmp_path, 2)
    writer = GenerationWriter.begin(tmp_path, embedder=EMBEDDER, chunker="testing@2")
    writer.delete_repository("none")
    writer.publish([])
    assert 0 < seconds_to_purge(tmp_path) <= PURGE_AFTER_SECONDS
    assert prune(tmp_path) == []
    make_old(tmp_path, 1, 2)
    assert seconds_to_purge(tmp_path) == 0
    assert prune(tmp_path) == [1, 2]


def test_generations_of_the_same_rules_cut_otherwise_are_pruned_like_any(tmp_path: Path) -> None:
    for cut in ("1", "2"):
        writer = GenerationWriter.begin(tmp_path, embedder=EMBEDDER, chunker=f"{cut}/testing@1")
        writer.delete_repository("none")
        writer.publish([])
    make_old(tmp_path, 1, 2)
    assert seconds_to_purge(tmp_path) == 0
    assert outdated_generations(tmp_path) == set()
    assert prune(tmp_path) == []


def test_a_generation_counts_as_superseded_from_the_moment_another_serves(tmp_path: Path) -> None:
    build(tmp_path, 1)
    make_old(tmp_path, 1)
    build(tmp_path, 3)
    assert prune(tmp_path) == []


def test_a_generation_stamped_by_a_clock_that_ran_ahead_is_kept_no_longer_than_others(tmp_path: Path) -> None:
    build(tmp_path, 6)
    ahead = time.time() + 365 * 86_400
    for generation in list_generations(tmp_path):
        os.utime(generation_dir(tmp_path, generation), (ahead, ahead))
    assert prune(tmp_path) == []
    assert all(generation_dir(tmp_path, one).stat().st_mtime <= time.time() for one in range(1, 7))
    make_old(tmp_path, *range(1, 7))
    assert prune(tmp_path) == [1, 2]


def test_rollback_serves_the_generation_before(tmp_path: Path) -> None:
    build(tmp_path, 3)
    assert rollback(tmp_path) == 2
    assert current_generation(tmp_path) == 2
    assert rollback(tmp_path) == 1
    assert rollback(tmp_path, 3) == 3
    assert current_generation(tmp_path) == 3


def test_a_night_after_a_rollback_takes_a_number_of_its_own(tmp_path: Path) -> None:
    build(tmp_path, 2)
    rollback(tmp_path)
    assert build_generation(tmp_path, ROWS).generation == 3
    assert current_generation(tmp_path) == 3


def test_a_rollback_that_cannot_be_done_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(NoIndex):
        rollback(tmp_path)
    build(tmp_path, 2)
    with pytest.raises(GenerationMissing, match="no generation 9; use one of 1, 2"):
        rollback(tmp_path, 9)
    victim = next((generation_dir(tmp_path, 1) / "chunks.lance" / "data").iterdir())
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    with pytest.raises(IndexDamaged, match="SHA-256"):
        rollback(tmp_path)
    assert current_generation(tmp_path) == 2


def test_checking_a_generation_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    build(tmp_path, 2)
    with pytest.raises(GenerationMissing, match="there is 1, 2"):
        check(tmp_path, 5)
