"""Line windows: how a text is cut that no grammar knows."""

from __future__ import annotations

from indexer.chunking.chunk import Chunk, Kind
from indexer.chunking.source_lines import SourceLines
from indexer.chunking.split import blank_cuts, split_rows


def chunk_lines(text: str) -> tuple[Chunk, ...]:
    """Cut a text into windows of at most MAX_CHUNK_LINES and MAX_CHUNK_BYTES, at blank lines where it can."""
    lines = SourceLines(text)
    first, last = lines.trim(0, lines.last)
    return tuple(
        Chunk(Kind.WINDOW, "", "", "", (), start + 1, end + 1, lines.text(start, end), part=part)
        for part, (start, end) in enumerate(split_rows(lines, first, last, blank_cuts(lines, first, last)))
    )
