"""Memory that is free and still counts as this process's."""

from __future__ import annotations

import contextlib
import ctypes

import pyarrow as pa


def return_freed_memory() -> None:
    """Give what Arrow and the C library (glibc) keep of what was freed back to the kernel, in milliseconds.

    They keep what they were given, glibc in an arena for each thread that ever allocated: hundreds of MB
    after the columns of a million chunks were read, and under load the largest moment of every night that
    a server has followed.
    """
    pa.default_memory_pool().release_unused()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
