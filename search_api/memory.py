"""Memory that a retired generation leaves behind."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """Hand freed memory back to the system; takes some milliseconds, and does nothing without glibc.

    glibc keeps what is freed, in an arena for each thread that ever allocated: under load a server would hold
    the largest moment of every night it has followed.
    """
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)
