"""A chunker that really fails, where the path says so. Runs inside the worker processes of a pool."""

from __future__ import annotations

import ctypes

from indexer.chunking.chunk import Chunk
from indexer.chunking.worker import chunk_text


def chunk(path: str, language: str, text: str) -> tuple[Chunk, ...]:
    if path == "segfault":
        ctypes.string_at(0)
    if path == "hang":
        # The C library's sleep, called with the GIL held: nothing in Python can interrupt it.
        ctypes.PyDLL(None).sleep(600)
    if path == "hog":
        hoard = []
        while True:
            hoard.append(bytes(64_000_000))
    if path == "bug":
        raise ZeroDivisionError
    return chunk_text(path, language, text)
