"""Memory that is free and still counts as this process's."""

from __future__ import annotations

import contextlib
import ctypes


def return_freed_memory() -> None:
    """Give what was freed back to the kernel, where the C library can (glibc).

    It keeps what it was given, 350 MB after the columns of a million chunks were read.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
