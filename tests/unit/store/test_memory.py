from __future__ import annotations

import gc
from pathlib import Path

import pytest

from index_store.memory import leave_out_of_collections, return_freed_memory

STATUS = Path("/proc/self/statm")


def resident() -> int:
    return int(STATUS.read_text().split()[1]) * 4096


def test_freed_memory_goes_back_to_the_system() -> None:
    if not STATUS.exists():
        pytest.skip("no /proc here: resident memory cannot be read")
    kept = []
    blocks = [bytearray(60_000) for _ in range(2_000)]  # below glibc's threshold for a mapping of its own
    kept.append(bytearray(60_000))  # the last block: without a trim nothing below it is given back
    full = resident()
    blocks.clear()
    gc.collect()
    return_freed_memory()
    assert resident() < full - 60_000_000
    assert kept


def test_what_is_there_is_not_looked_at_by_collections() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert any(one is loop for one in gc.get_objects())
    leave_out_of_collections()
    try:
        assert not any(one is loop for one in gc.get_objects())
    finally:
        gc.unfreeze()
