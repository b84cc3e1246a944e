"""A full disk under the writer of an index."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from index_store.check import check
from index_store.generations import current_generation, generations_dir
from index_store.testing import EMBEDDER, build_generation, inventory_of, make_row, states_of
from index_store.writer import GenerationWriter
from tests.disks import small_disk

OLD = [make_row(path=f"{number}.py", text=f"old {number}") for number in range(5)]


def fill(writer: GenerationWriter) -> None:
    """Add files until nothing more fits."""
    for night in range(100):
        # Hashes, so that compression cannot make room.
        noise = "".join(make_row(text=f"{night} {part}").content_hash for part in range(50))
        rows = [
            make_row(path=f"{night}.py", text=f"{noise}{part}", start_line=part + 1) for part in range(50)
        ]
        writer.add(rows)
    raise AssertionError("the disk is not small")


def test_a_full_disk_leaves_the_old_generation_serving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index_store.writer.ROWS_PER_FRAGMENT", 50)
    state = tmp_path / "disk"
    state.mkdir()
    with small_disk(state):
        build_generation(state, OLD)
        writer = GenerationWriter.begin(state, embedder=EMBEDDER, chunker="testing@1")
        with pytest.raises((OSError, RuntimeError), match=r"No space left|[Ff]ile too large"):
            fill(writer)
        writer.abandon()
        assert current_generation(state) == 1
        assert [entry.name for entry in generations_dir(state).iterdir()] == ["1"]
        assert check(state, 1) == []

        again = GenerationWriter.begin(state, embedder=EMBEDDER, chunker="testing@1")
        rows = [*OLD, make_row(path="small.py")]
        again.add(rows[-1:])
        again.set_inventory("shop", inventory_of(rows)["shop"])
        assert again.publish(states_of(rows)).chunks == len(rows)


def test_a_disk_that_is_full_when_words_are_indexed_leaves_the_old_generation_serving(tmp_path: Path) -> None:
    state = tmp_path / "disk"
    state.mkdir()
    rows = [*OLD, make_row(path="new.py")]

    def fill_at(step: str) -> None:
        if step == "fulltext":
            with (state / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
                for size in (1 << 16, 1 << 9, 1):
                    with contextlib.suppress(OSError):
                        while filler.write(b"x" * size) == size:
                            pass

    with small_disk(state):
        build_generation(state, OLD)
        writer = GenerationWriter.begin(state, embedder=EMBEDDER, chunker="testing@1", failpoint=fill_at)
        writer.add(rows[-1:])
        writer.set_inventory("shop", inventory_of(rows)["shop"])
        with pytest.raises(OSError, match="No space left"):
            writer.publish(states_of(rows))
        writer.abandon()
        (state / "filler").unlink()
        assert current_generation(state) == 1
        assert check(state, 1) == []
