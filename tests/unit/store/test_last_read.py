"""What was read lately is not read again, unless it was touched or the week is over."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from index_store.last_read import LAST_READ_NAME, unread_problems
from index_store.limits import REREAD_AFTER_SECONDS
from index_store.manifest import sha256_of
from index_store.schema import EmbedderRecord, Manifest


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    rows = tmp_path / "1" / "rows"
    rows.parent.mkdir()
    rows.write_bytes(b"rows")
    embedder = EmbedderRecord("fake", "fake", "", 1, "")
    return Manifest(2, 1, "", "", embedder, 0, (), files={"rows": (4, sha256_of(rows))})


def flip(tmp_path: Path, *, seen: bool) -> None:
    """Change a byte, as a program does, or as a disk does: without a trace in the file's times."""
    rows = tmp_path / "1" / "rows"
    before = rows.stat().st_mtime_ns
    rows.write_bytes(b"rowz")
    os.utime(rows, ns=(before + seen, before + seen))


def test_a_file_that_was_touched_is_read_again(tmp_path: Path, manifest: Manifest) -> None:
    assert unread_problems(tmp_path, tmp_path / "1", manifest) == []
    flip(tmp_path, seen=True)
    assert len(unread_problems(tmp_path, tmp_path / "1", manifest)) == 1


def test_bits_that_a_disk_lost_are_found_once_the_week_is_over(tmp_path: Path, manifest: Manifest) -> None:
    assert unread_problems(tmp_path, tmp_path / "1", manifest) == []
    flip(tmp_path, seen=False)
    assert unread_problems(tmp_path, tmp_path / "1", manifest) == []
    [[*mark, at]] = json.loads((tmp_path / LAST_READ_NAME).read_text())
    assert at <= time.time()
    (tmp_path / LAST_READ_NAME).write_text(json.dumps([[*mark, at - REREAD_AFTER_SECONDS]]))
    assert len(unread_problems(tmp_path, tmp_path / "1", manifest)) == 1


def test_a_time_that_is_yet_to_come_does_not_count(tmp_path: Path, manifest: Manifest) -> None:
    assert unread_problems(tmp_path, tmp_path / "1", manifest) == []
    flip(tmp_path, seen=False)
    [[*mark, at]] = json.loads((tmp_path / LAST_READ_NAME).read_text())
    (tmp_path / LAST_READ_NAME).write_text(json.dumps([[*mark, at + 1e6]]))
    assert len(unread_problems(tmp_path, tmp_path / "1", manifest)) == 1


@pytest.mark.parametrize("content", ["", "{}", "[1]", '[["a"]]', "null"])
def test_a_garbled_record_means_that_nothing_was_read(
    tmp_path: Path, manifest: Manifest, content: str
) -> None:
    (tmp_path / LAST_READ_NAME).write_text(content)
    flip(tmp_path, seen=False)
    assert len(unread_problems(tmp_path, tmp_path / "1", manifest)) == 1
