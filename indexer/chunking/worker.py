"""What runs inside a chunking worker process."""

from __future__ import annotations

import resource
from collections.abc import Callable, Sequence
from typing import Literal

from indexer.chunking.chunk import Chunk
from indexer.chunking.lines import chunk_lines
from indexer.chunking.markdown import chunk_markdown
from indexer.chunking.parse import ParseTimeout
from indexer.chunking.syntax import chunk_syntax
from indexer.limits import WORKER_MEMORY

Chunker = Callable[[str, str, str], tuple[Chunk, ...]]

# why a file is in line windows though its language has a grammar; "" where it is not
Fallback = Literal["", "crash", "timeout", "memory", "error"]
Result = tuple[tuple[Chunk, ...], Fallback]


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
    """Cap this process's address space, so that one file cannot take the machine's memory."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    soft = WORKER_MEMORY if hard == resource.RLIM_INFINITY else min(WORKER_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def chunk_batch(chunker: Chunker, files: Sequence[tuple[str, str, str]]) -> list[Result]:
    """Chunks and fallback reason of each (path, language, text). No file's failure reaches another."""
    return [_chunk_one(chunker, *file) for file in files]


def _chunk_one(chunker: Chunker, path: str, language: str, text: str) -> Result:
    reason: Fallback
    try:
        return chunker(path, language, text), ""
    except ParseTimeout:
        reason = "timeout"
    except MemoryError:
        reason = "memory"
    except Exception:  # noqa: BLE001 - whatever one file does to its chunker, the night goes on
        reason = "error"
    return chunk_lines(text), reason
