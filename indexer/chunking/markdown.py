"""Cut Markdown by its headings (CommonMark: ATX and setext; fenced code hides what looks like one)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from indexer.chunking.chunk import Chunk, Kind
from indexer.chunking.source_lines import SourceLines
from indexer.chunking.split import blank_cuts, is_over_long, split_rows
from indexer.limits import MAX_NAME

_ATX: Final = re.compile(rb" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_SETEXT: Final = re.compile(rb" {0,3}(=+|-+)[ \t]*")
_FENCE: Final = re.compile(rb" {0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)")
_NO_PARAGRAPH: Final = re.compile(rb"[ \t]*(?:[-*+>|]|\d+[.)])(?:[ \t]|$)|(?: {4}|\t)")
_FRONT_MATTER: Final = {b"---": (b"---", b"..."), b"+++": (b"+++",)}


@dataclass(frozen=True, slots=True)
class _Heading:
    row: int
    level: int
    title: str


def chunk_markdown(text: str) -> tuple[Chunk, ...]:
    """Cut a Markdown text into sections, long ones at their paragraphs.

    A section reaches to the next heading of any level. Its symbol is its heading, its breadcrumb the headings
    around it. What stands before the first heading, front matter included, is a section without a symbol.
    """
    lines = SourceLines(text)
    headings = [_Heading(0, 0, ""), *_headings(lines)]
    ends = [heading.row - 1 for heading in headings[1:]] + [lines.last]
    chunks: list[Chunk] = []
    enclosing: list[_Heading] = []
    for heading, end in zip(headings, ends, strict=True):
        while enclosing and enclosing[-1].level >= heading.level:
            enclosing.pop()
        chunks.extend(_section(lines, heading, end, tuple(outer.title for outer in enclosing)))
        if heading.level:
            enclosing.append(heading)
    return tuple(chunks)


def _section(lines: SourceLines, heading: _Heading, end: int, breadcrumb: tuple[str, ...]) -> Iterator[Chunk]:
    first, last = lines.trim(heading.row, end)
    cuts = blank_cuts(lines, first, last) if is_over_long(lines, first, last) else {}
    signature = f"{'#' * heading.level} {heading.title}".strip()
    for part, (start, stop) in enumerate(split_rows(lines, first, last, cuts)):
        text = lines.text(start, stop)
        yield Chunk(
            Kind.SECTION, heading.title, signature, "", breadcrumb, start + 1, stop + 1, text, part=part
        )


def _headings(lines: SourceLines) -> Iterator[_Heading]:
    fence = b""
    paragraph = -1
    for row in range(_after_front_matter(lines), lines.last + 1):
        line = lines.rows[row]
        mark = _FENCE.fullmatch(line)
        if fence:
            if mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = b""
            continue
        if mark:
            fence, paragraph = mark[1], -1
        elif atx := _ATX.fullmatch(line):
            yield _Heading(row, len(atx[1]), _title(atx[2] or b""))
            paragraph = -1
        elif paragraph >= 0 and (setext := _SETEXT.fullmatch(line)):
            title = b" ".join(lines.rows[paragraph:row])
            yield _Heading(paragraph, 1 if setext[1].startswith(b"=") else 2, _title(title))
            paragraph = -1
        elif lines.is_blank(row) or (paragraph < 0 and _NO_PARAGRAPH.match(line)):
            paragraph = -1 if lines.is_blank(row) else -2
        elif paragraph == -1:
            paragraph = row


def _after_front_matter(lines: SourceLines) -> int:
    closers = _FRONT_MATTER.get(lines.rows[0].rstrip(), ())
    for row in range(1, lines.last + 1) if closers else ():
        if lines.rows[row].rstrip() in closers:
            return row + 1
    return 0


def _title(text: bytes) -> str:
    return " ".join(text.decode("utf-8").split())[:MAX_NAME]
