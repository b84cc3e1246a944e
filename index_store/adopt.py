"""Takes a generation from elsewhere, a backup, into a state directory, and lets it serve."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from index_store.durable import fsync_directory
from index_store.errors import IndexDamaged
from index_store.generations import (
    building_dir,
    flip_current,
    generation_dir,
    generations_dir,
    list_generations,
    remove_debris,
)
from index_store.manifest import file_problems, read_manifest, write_manifest

# Copies one file durably: from, to.
CopyFile = Callable[[Path, Path], None]


def adopt(folder: Path, state_dir: Path, copy: CopyFile) -> int:
    """Copy a generation, check every byte of the copy, and let it serve; returns its number there.

    Where there are generations it becomes the newest, so that a server notices and `rollback` goes back.
    The caller holds the lock of the night.

    Raises:
        IndexDamaged, FormatTooNew, FormatTooOld: nothing was changed.
        OSError: as above.
    """
    manifest = read_manifest(folder)
    # SECURITY: a name that leads out of the folder is none of its files, and counts as missing.
    if problems := file_problems(folder, manifest, contents=False):
        raise IndexDamaged(f"{folder} is damaged: {problems[0]}; use another backup.")
    known = list_generations(state_dir)
    number = max(known) + 1 if known else manifest.generation
    generations_dir(state_dir).mkdir(parents=True, exist_ok=True)
    remove_debris(state_dir)
    fresh = building_dir(state_dir)
    try:
        for name in manifest.files:
            target = fresh / name
            target.parent.mkdir(parents=True, exist_ok=True)
            copy(folder / name, target)
        write_manifest(fresh, replace(manifest, generation=number))
        if problems := file_problems(fresh, manifest):
            raise IndexDamaged(f"What was copied from {folder} is damaged: {problems[0]}.")
        for directory in (fresh, *(entry for entry in fresh.rglob("*") if entry.is_dir())):
            fsync_directory(directory)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    fresh.rename(generation_dir(state_dir, number))
    fsync_directory(generations_dir(state_dir))
    flip_current(state_dir, number)
    return number
