"""The n-th call that would change a folder fails, as a disk lets it: our own, which go through Python.

What Lance and SQLite write themselves does not pass here; tests/disks.py has real disks for them.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

ERRORS = (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS)

# The calls by which files and folders come, change and go. The first argument names what is changed.
CALLS = ("open", "write", "fsync", "rename", "replace", "mkdir", "link", "unlink", "rmdir", "utime")


@dataclass(slots=True)
class Struck:
    """Which call is to fail, and which one did.

    Attributes:
        passed: calls of the kind that were let through or failed so far.
        victim: what the failing call was about; "" if there were fewer calls.
    """

    folder: str
    call: str
    at: int
    error: int
    passed: int = 0
    victim: str = ""

    def strike(self, call: str, path: str) -> None:
        """Raise if this is the one."""
        if call != self.call or not path.startswith(self.folder):
            return
        self.passed += 1
        if self.passed == self.at:
            self.victim = path
            raise OSError(self.error, os.strerror(self.error), path)


@contextmanager
def failing(folder: Path, call: str, at: int, error: int) -> Iterator[Struck]:
    """Let the `at`-th `call` below `folder` fail with `error`, once, for the length of the block."""
    struck = Struck(str(folder), call, at, error)
    replaced: list[tuple[Any, str, Callable[..., Any]]] = [
        *((os, name, _striking(struck, name)) for name in CALLS if name not in {"open", "write"}),
        (os, "open", _opening(struck)),
        (io, "open", _file(struck)),
        (builtins, "open", _file(struck)),
    ]
    with contextlib.ExitStack() as patched:
        for module, name, call_of_ours in replaced:
            patched.enter_context(mock.patch.object(module, name, call_of_ours))
        yield struck


def _path(given: Any, dir_fd: int | None = None) -> str:
    if isinstance(given, int):
        return str(Path(f"/proc/self/fd/{given}").readlink())
    path = os.fsdecode(os.fspath(given))
    return path if dir_fd is None else str(Path(_path(dir_fd), path))


def _striking(struck: Struck, name: str) -> Callable[..., Any]:
    real = getattr(os, name)

    def call(*given: Any, **named: Any) -> Any:
        # Of two names the second is the one that comes to be.
        which = 1 if name in {"rename", "replace", "link"} else 0
        struck.strike(name, _path(given[which], named.get("dir_fd")))
        return real(*given, **named)

    return call


def _opening(struck: Struck) -> Callable[..., int]:
    real = os.open

    def call(path: Any, flags: int, *given: Any, **named: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            struck.strike("open", _path(path, named.get("dir_fd")))
        return real(path, flags, *given, **named)

    return call


class _Writer(io.FileIO):
    """A file whose writes may fail, below the buffer, where the kernel would let them fail."""

    struck: Struck

    def write(self, data: Any) -> int:
        self.struck.strike("write", os.fsdecode(self.name))
        return super().write(data)


def _file(struck: Struck) -> Callable[..., Any]:
    real = io.open

    def call(file: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
        if isinstance(file, int) or set(mode).isdisjoint("wax+") or not _path(file).startswith(struck.folder):
            return real(file, mode, *given, **named)
        struck.strike("open", _path(file))
        if mode != "wb":
            return real(file, mode, *given, **named)
        writer = _Writer(_path(file), mode)
        writer.struck = struck
        return writer if given[:1] == (0,) or named.get("buffering") == 0 else io.BufferedWriter(writer)

    return call
