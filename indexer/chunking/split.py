"""Cut what is too long, between statements where the syntax tells them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from indexer.chunking.source_lines import SourceLines
from indexer.limits import MAX_CHUNK_BYTES, MAX_CHUNK_LINES

if TYPE_CHECKING:
    from tree_sitter import Node

# row -> how deep the statement that begins there lies below the whole (lower is a better place to cut)
Cuts = Mapping[int, float]


def is_over_long(lines: SourceLines, first: int, last: int) -> bool:
    """Whether the rows are more than one chunk may hold; a single row never is."""
    return first < last and (last - first >= MAX_CHUNK_LINES or lines.size(first, last) > MAX_CHUNK_BYTES)


def statement_cuts(root: Node, lines: SourceLines, first: int, last: int) -> dict[int, float]:
    """The rows after `first` where a statement begins, down into statements that are over-long themselves.

    Walks with an explicit stack, and only into nodes that lie in the rows and are over-long.
    """
    cuts: dict[int, float] = {}
    begin, end = lines.starts[first], lines.starts[last + 1] - 1
    stack = [(root.descendant_for_byte_range(begin, end) or root, 0)]
    while stack:
        node, level = stack.pop()
        previous_row, after_comment = -1, False
        for child in node.children:
            start, stop = child.start_byte, child.end_byte
            if stop <= begin:
                continue
            if start >= end:
                break
            row, stop_row = lines.row_of(start), lines.end_row_of(start, stop)
            if row > max(previous_row, first) and not after_comment and child.is_named:
                blank = lines.is_blank(row - 1)
                cuts[row] = min(cuts.get(row, level), level - 0.5 * blank)
            after_comment = "comment" in child.type
            previous_row = stop_row
            if is_over_long(lines, max(row, first), min(stop_row, last)):
                stack.append((child, level + 1))
    return cuts


def blank_cuts(lines: SourceLines, first: int, last: int) -> dict[int, float]:
    """The rows after a blank one: paragraphs."""
    return {
        row: 0.0 for row in range(first + 1, last + 1) if lines.is_blank(row - 1) and not lines.is_blank(row)
    }


def split_rows(lines: SourceLines, first: int, last: int, cuts: Cuts) -> Iterator[tuple[int, int]]:
    """Cut the rows into runs of nearly equal size, none over-long, at the best places there are.

    A run is over-long only where it is a single row. Blank rows at the ends of a run are left out.
    """
    rows = sorted(cuts)
    start = first
    while is_over_long(lines, start, last):
        size = lines.size(start, last)
        pieces = max(-(-size // MAX_CHUNK_BYTES), -(-(last - start + 1) // MAX_CHUNK_LINES))
        begin = lines.starts[start]
        reach = bisect_right(lines.starts, begin + MAX_CHUNK_BYTES) - 1
        reach = max(start + 1, min(reach, start + MAX_CHUNK_LINES, last))
        ideal = lines.row_of(begin + size // pieces)
        ideal = max(start + 1, min(ideal, start + (last - start + 1) // pieces + 1, reach))
        low = start + max(1, (ideal - start) // 2)
        candidates = rows[bisect_left(rows, low) : bisect_right(rows, reach)]
        cut = min(candidates, key=lambda row: (cuts[row], abs(row - ideal)), default=reach)
        yield from _trimmed(lines, start, cut - 1)
        start = cut
    yield from _trimmed(lines, start, last)


def _trimmed(lines: SourceLines, first: int, last: int) -> Iterator[tuple[int, int]]:
    first, last = lines.trim(first, last)
    if first <= last:
        yield first, last
