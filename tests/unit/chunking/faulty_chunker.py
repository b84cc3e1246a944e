"""A chunker that really fails, where the path says so. Runs inside the worker processes of a pool."""

from __future__ import annotations

import ctypes
import itertools
import time

from indexer.chunking.chunk import Chunk
from indexer.chunking.worker import chunk_text

# Longer than the processor time that its test gives a file.
WAIT_SECONDS = 1.5


def chunk(path: str, language: str, text: str) -> tuple[Chunk, ...]:
    if path == "segfault":
        ctypes.string_at(0)
    if path == "hang":
        # The C library's sleep, called with the GIL held: nothing in Python can interrupt it.
        ctypes.PyDLL(None).sleep(600)
    if path == "spin":
        # In C throughout, as a query is: no handler of a signal would run.
        sum(itertools.repeat(0))
    if path == "wait":
        time.sleep(WAIT_SECONDS)
    if path == "hog":
        hoard = []
        while True:
            hoard.append(bytes(64_000_000))
    if path == "bug":
        raise ZeroDivisionError
    return chunk_text(path, language, text)
