"""Keeps a generation from being pruned while it is copied: a lock that the kernel releases by itself."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def pin(folder: Path) -> Iterator[None]:
    """Pin a generation's folder for the length of the block. Any number of processes may.

    Raises:
        FileNotFoundError: it is gone, or went before it was pinned.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if os.fstat(descriptor).st_ino != folder.stat().st_ino:
            raise FileNotFoundError(folder)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def unpinned(folder: Path) -> Iterator[bool]:
    """Whether nobody has it pinned; if so, nobody pins it for the length of the block."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
