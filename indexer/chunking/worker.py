"""What runs inside a chunking worker process."""

from __future__ import annotations

import resource
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from indexer.chunking.chunk import Chunk
from indexer.chunking.lines import chunk_lines
from indexer.chunking.markdown import chunk_markdown
from indexer.chunking.parse import ParseTimeout
from indexer.chunking.syntax import chunk_syntax
from indexer.intake.text import SourceText
from indexer.limits import WORKER_MEMORY

Chunker = Callable[[str, str, str], tuple[Chunk, ...]]

# What is made of a file and its chunks where they were cut, in the worker; nothing by default.
Prepare = Callable[[SourceText, tuple[Chunk, ...]], Any]

# why a file is in line windows though its language has a grammar; "" where it is not
Fallback = Literal["", "crash", "timeout", "memory", "error"]
Result = tuple[tuple[Chunk, ...], Fallback, Any]


def chunk_text(path: str, language: str, text: str) -> tuple[Chunk, ...]:  # noqa: ARG001 - see Chunker
    """Cut one file by its language: by syntax, by heading, or into line windows.

    Args:
        path: of the file; it tells a chunker in a test what to do.
        language: as `languages.language_of` names it.
        text: as in `SourceText.text`.

    Raises:
        ParseTimeout: its parser took too long.
        NoStructure: it is not of that language at all.
    """
    if language == "markdown":
        return chunk_markdown(text)
    chunks = chunk_syntax(text, language)
    return chunk_lines(text) if chunks is None else chunks


def limit_memory() -> None:
    """Cap what this process may add to its address space, so that one file cannot take the machine's memory.

    What it has already is the program's that started it: libraries alone can map more than a file ever needs.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = _address_space() + WORKER_MEMORY
    resource.setrlimit(
        resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
    )


def _address_space() -> int:
    """Bytes that this process maps; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def prepare_nothing(source: SourceText, chunks: tuple[Chunk, ...]) -> None:
    """For whoever wants the chunks alone."""


@contextmanager
def processor_time(seconds: float) -> Iterator[None]:
    """End this process by SIGPROF if the block takes more processor time, and whatever it is doing then.

    By the kernel's own doing: no handler in Python would run while a parser or a query is at work.
    """
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def chunk_batch(
    chunker: Chunker, prepare: Prepare, files: Sequence[SourceText], seconds: float
) -> list[Result]:
    """Chunks, fallback reason and what was made of them, of each file. No file's failure reaches another.

    A file that takes more than `seconds` of processor time ends this process.
    """
    results: list[Result] = []
    for source in files:
        with processor_time(seconds):
            chunks, reason = _chunk_one(chunker, source)
            results.append((chunks, reason, prepare(source, chunks)))
    return results


def _chunk_one(chunker: Chunker, source: SourceText) -> tuple[tuple[Chunk, ...], Fallback]:
    reason: Fallback
    try:
        return chunker(source.path, source.language, source.text), ""
    except ParseTimeout:
        reason = "timeout"
    except MemoryError:
        reason = "memory"
    except Exception:  # noqa: BLE001 - whatever one file does to its chunker, the night goes on
        reason = "error"
    return chunk_lines(source.text), reason
