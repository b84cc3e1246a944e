"""Memory that is free and still counts as this process's, and memory that is never free."""

from __future__ import annotations

import contextlib
import ctypes
import gc

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


def leave_out_of_collections() -> None:
    """Take all objects that there are for good ones, which no collection of garbage looks at again.

    A full collection comes once in a thousand searches, and looking at the 200,000 objects of the modules of
    a server stopped every request for 120 ms.
    """
    gc.freeze()
