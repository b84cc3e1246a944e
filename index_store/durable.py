"""Writes that survive a power cut: either the old content or the new, never a part of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

_UNFINISHED = ".new"

Failpoint = Callable[[str], None]


def pass_through(step: str) -> None:
    """Let every named step pass; fault tests put a kill in its place."""


def fsync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_file(path: Path) -> None:
    """Make the content of a file durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, content: bytes) -> None:
    """Replace a file as a whole; after the return the new content survives a power cut.

    Raises:
        OSError: nothing was replaced, and no temporary file is left.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{_UNFINISHED}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    fsync_directory(path.parent)


def remove_unfinished(directory: Path) -> None:
    """Delete what `write_durably` left in a directory when its process was killed; nobody may be at it."""
    for leftover in directory.glob(f".*{_UNFINISHED}"):
        leftover.unlink(missing_ok=True)
