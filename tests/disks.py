"""A full disk: a real small tmpfs where mounting works, else a limit on the size of any one file."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def small_disk(folder: Path, megabytes: int = 8) -> Iterator[None]:
    """Leave about `megabytes` to write to."""
    mount = shutil.which("mount")
    mounted = (
        mount is not None
        and not subprocess.run(
            [mount, "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)],
            check=False,
            capture_output=True,
        ).returncode
    )
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if not mounted:
        resource.setrlimit(resource.RLIMIT_FSIZE, (megabytes << 13, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def no_room(folder: Path, but: int = 0) -> Iterator[None]:
    """Leave nothing of a small disk `but` so many bytes; where there is none, let no file become larger.

    Without a disk of its own at least a page of 4 KiB can be written.
    """
    limited, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if folder.is_mount():
        with (folder / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(4096))
        os.truncate(folder / "filler", max(0, (folder / "filler").stat().st_size - but))
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(4096, but), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limited, hard))
        (folder / "filler").unlink(missing_ok=True)
