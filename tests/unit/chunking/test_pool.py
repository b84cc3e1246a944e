from __future__ import annotations

import importlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path

import pytest

from indexer.chunking.chunk import Kind
from indexer.chunking.pool import ChunkedFile, ChunkPool
from indexer.chunking.worker import Chunker, chunk_text
from indexer.intake.text import SourceText
from indexer.limits import BATCH_FILES, BATCHES_AHEAD

sys.path.insert(0, str(Path(__file__).parent))  # the workers inherit it and find the chunker below

faulty_chunk: Chunker = importlib.import_module("faulty_chunker").chunk


def source(path: str, text: str = "def f():\n    return 1\n", language: str = "python") -> SourceText:
    return SourceText("repo", path, "0" * 40, len(text), language, text)


@pytest.fixture(scope="module")
def survivors() -> list[ChunkedFile]:
    """40 files, of which one kills, two stall, one floods its worker, and one meets a bug."""
    files = [source(f"{number}.py") for number in range(40)]
    for place, path in ((5, "segfault"), (11, "hang"), (17, "spin"), (23, "hog"), (31, "bug")):
        files[place] = source(path)
    with ChunkPool(2, faulty_chunk, file_seconds=1.0, worker_seconds=10.0) as pool:
        return list(pool.chunk(files))


def test_every_file_comes_back_in_order(survivors: list[ChunkedFile]) -> None:
    assert len(survivors) == 40
    healthy = [file for file in survivors if file.source.path.endswith(".py")]
    assert [file.source.path for file in healthy] == sorted(
        (file.source.path for file in healthy), key=lambda path: int(path.split(".")[0])
    )
    assert all(file.fallback == "" and file.chunks[0].kind is Kind.FUNCTION for file in healthy)


@pytest.mark.parametrize(
    ("path", "reason"),
    [("segfault", "crash"), ("hang", "timeout"), ("spin", "timeout"), ("hog", "memory"), ("bug", "error")],
)
def test_only_the_guilty_file_falls_back_to_windows(
    survivors: list[ChunkedFile], path: str, reason: str
) -> None:
    [file] = [file for file in survivors if file.source.path == path]
    assert file.fallback == reason
    assert [chunk.kind for chunk in file.chunks] == [Kind.WINDOW]


def test_a_file_whose_worker_must_wait_for_the_processor_is_cut_by_its_syntax() -> None:
    with ChunkPool(1, faulty_chunk, file_seconds=1.0) as pool:
        [file] = pool.chunk([source("wait")])
    assert (file.fallback, file.chunks[0].kind) == ("", Kind.FUNCTION)


def test_what_a_program_maps_already_is_not_taken_from_its_workers() -> None:
    code = """
import mmap
from indexer.chunking.worker import limit_memory
mapped = mmap.mmap(-1, 3 << 30)
limit_memory()
print(len(bytes(500_000_000)))
try:
    bytes(3 << 30)
except MemoryError:
    print("no more")
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert said == "500000000\nno more\n"


def test_no_process_and_no_descriptor_is_left_behind() -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counting entries, not walking

    with ChunkPool(2) as pool:
        list(pool.chunk([source("a.py")]))
    before, children = descriptors(), len(active_children())
    for _ in range(2):
        with ChunkPool(2, faulty_chunk) as pool:
            list(pool.chunk([source("a.py"), source("segfault")]))
    assert descriptors() <= before
    assert len(active_children()) == children


def test_the_files_are_read_no_further_ahead_than_the_workers_need() -> None:
    taken = 0

    def endless() -> Iterator[SourceText]:
        nonlocal taken
        while True:
            taken += 1
            yield source(f"{taken}.py")

    with ChunkPool(1) as pool:
        first = next(pool.chunk(endless()))
    assert first.source.path == "1.py"
    assert taken <= BATCH_FILES * (BATCHES_AHEAD + 4)


def test_other_files_may_follow_once_the_last_batch_is_sent_and_not_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("indexer.chunking.pool.BATCH_FILES", 1)
    count = BATCHES_AHEAD + 4
    events: list[str] = []

    def texts() -> Iterator[SourceText]:
        for number in range(count):
            events.append(f"read {number}")
            yield source(f"{number}.py")

    with ChunkPool(1) as pool:
        chunked = pool.chunk(texts(), lambda: events.append("all sent"))
        assert 0 < len(events) < count
        events += [f"cut {file.source.path}" for file in chunked]
    assert events.index("all sent") == events.index(f"read {count - 1}") + 1
    assert events.count("all sent") == 1


def test_two_megabytes_of_garbage_c_fall_back_within_seconds() -> None:
    dice = random.Random(7)
    garbage = "".join(dice.choice("{}()[];,.*&#\"'\n if for int x = + - <>") for _ in range(2_000_000))
    with ChunkPool(1) as pool:
        list(pool.chunk([source("warm.c", "int x;\n", "c")]))
        started = time.monotonic()
        [file] = pool.chunk([source("garbage.c", garbage, "c")])
    assert time.monotonic() - started < 15
    assert file.chunks
    if file.fallback:
        assert file.fallback == "timeout"


def test_a_hundred_thousand_levels_of_nesting_cost_no_other_file() -> None:
    # Go's parser dies of "{[": that it takes its process along is the point.
    files = [
        source(f"{language}{number}", opening * 100_000, language)
        for language in ("python", "go", "cpp", "json")
        for number, opening in enumerate(("(", "{[", "{[\n"))
    ]
    files.insert(7, source("healthy.py"))
    with ChunkPool(2) as pool:
        chunked = list(pool.chunk(files))
    assert [file.source.path for file in chunked] == [file.path for file in files]
    for file in chunked:
        lines = file.source.text.removesuffix("\n").split("\n")
        assert "\n".join(chunk.text for chunk in file.chunks) == "\n".join(lines)
    assert (chunked[7].fallback, chunked[7].chunks[0].kind) == ("", Kind.FUNCTION)


def test_the_pool_gives_what_the_pure_function_gives() -> None:
    text = Path(__file__).read_text("utf-8")
    with ChunkPool(1) as pool:
        [file] = pool.chunk([source("test_pool.py", text)])
    assert file.chunks == chunk_text("test_pool.py", "python", text)
