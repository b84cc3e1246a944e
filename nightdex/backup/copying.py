"""Copies that are on the disk when they return, and are what they were copied from."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from index_store.durable import fsync_file
from nightdex.errors import BackupFailed
from nightdex.limits import COPY_BLOCK, DATABASE_WAIT_S

# Told of every so many bytes.
Advance = Callable[[int], None]


def copy_file(source: Path, target: Path, advance: Advance) -> None:
    """Copy one file durably, readable by its owner alone.

    Raises:
        OSError: it cannot be read, or there is no room.
    """
    with source.open("rb") as read, open(target, "xb", opener=_private) as write:
        while block := read.read(COPY_BLOCK):
            write.write(block)
            advance(len(block))
        write.flush()
        os.fsync(write.fileno())
        # What is read back is to come from the disk, not from memory.
        os.posix_fadvise(write.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def copy_database(source: Path, target: Path) -> None:
    """Copy an SQLite database as it is at one moment, whoever writes to it; what was in the target goes.

    Raises:
        BackupFailed: it is damaged, or stayed locked.
        OSError: the target cannot be made.
    """
    os.close(os.open(target, os.O_CREAT | os.O_RDWR, 0o600))
    try:
        with (
            closing(
                sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=DATABASE_WAIT_S)
            ) as read,
            closing(sqlite3.connect(target, timeout=DATABASE_WAIT_S)) as write,
        ):
            read.backup(write)
            # One file, without the -wal and -shm that its owner makes when it is opened again.
            write.execute("pragma journal_mode = delete")
            (said,) = write.execute("pragma integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        raise BackupFailed(f"{source} cannot be copied ({error}): see `nightdex doctor`") from error
    if said != "ok":
        raise BackupFailed(
            f"{source} is damaged ({said}): move it aside, or restore it from an earlier backup"
        )
    fsync_file(target)


def room_below(folder: Path) -> int:
    """Bytes that are free where a folder is, or will be."""
    nearest = next(one for one in (folder, *folder.parents) if one.exists())
    return shutil.disk_usage(nearest).free


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
