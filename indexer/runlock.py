"""One night at a time: an advisory lock that the kernel releases when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import AlreadyRunning, StateDirUnusable

LOCK_NAME = "run.lock"


@contextmanager
def run_lock(state_dir: Path) -> Iterator[None]:
    """Hold the lock of `state_dir` for the length of the block; a killed holder leaves none behind.

    Raises:
        AlreadyRunning: another process holds it; the message names its process id.
        StateDirUnusable: there can be no lock in it.
    """
    try:
        # SECURITY: it holds everybody's code; one that its owner made beforehand keeps its permissions.
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(state_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StateDirUnusable(
            f"{state_dir} cannot be written ({error.strerror}): "
            "correct state_dir in repos.toml, or its permissions"
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise AlreadyRunning(
                f"another run (process {holder}) is indexing into {state_dir}; wait for it or stop it"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
