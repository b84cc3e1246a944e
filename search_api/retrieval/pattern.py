"""Compiled patterns: RE2 only, so that no pattern takes more than linear time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, cast

import re2

from search_api.errors import PatternInvalid
from search_api.limits import MAX_MATCHES_PER_CHUNK, MAX_PATTERN_BYTES, MAX_PATTERN_MEMORY
from search_api.retrieval.fragments import required_fragments


class _Found(Protocol):
    def start(self) -> int: ...
    def end(self) -> int: ...


class _Compiled(Protocol):
    def finditer(self, text: bytes) -> Iterator[_Found]: ...


@dataclass(frozen=True, slots=True)
class LineMatch:
    """One matching line: its number in the file and the column of the first match, both from 1.

    `column` counts characters. `text` is the whole line.
    """

    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """What an exact search looks for.

    `fragments` are texts that every match contains, for the store to narrow down with; none where the
    pattern promises nothing.
    """

    source: str
    fragments: tuple[str, ...]
    compiled: _Compiled

    def matching_lines(self, text: str, first_line: int) -> list[LineMatch]:
        """The first matches in a chunk, at most one a line, top to bottom."""
        content = text.encode()
        lines: list[LineMatch] = []
        line, line_start = first_line, 0
        for found in self.compiled.finditer(content):
            at = found.start()
            newlines = content.count(b"\n", line_start, at)
            if newlines:
                line += newlines
                line_start = content.rindex(b"\n", line_start, at) + 1
            if lines and lines[-1].line == line:
                continue
            line_end = content.find(b"\n", at)
            whole = content[line_start : line_end if line_end >= 0 else len(content)]
            column = len(content[line_start:at].decode(errors="replace")) + 1
            lines.append(LineMatch(line, column, whole.decode(errors="replace")))
            if len(lines) == MAX_MATCHES_PER_CHUNK:
                break
        return lines

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the first matches are, in characters from 0; empty ones are left out."""
        content = text.encode()
        spans: list[tuple[int, int]] = []
        byte, character = 0, 0
        for found in self.compiled.finditer(content):
            if found.end() == found.start():
                continue
            first = character + len(content[byte : found.start()].decode(errors="replace"))
            last = first + len(content[found.start() : found.end()].decode(errors="replace"))
            spans.append((first, last))
            byte, character = found.end(), last
            if len(spans) == MAX_MATCHES_PER_CHUNK:
                break
        return spans


def literal_pattern(text: str) -> Pattern:
    """A pattern that matches the text as it stands, case and blanks included."""
    return Pattern(source=text, fragments=(text,), compiled=_compile(re2.escape(text)))


def regex_pattern(source: str) -> Pattern:
    """An RE2 pattern; `^` and `$` mean lines, as in grep.

    Raises:
        PatternInvalid: RE2 refuses it; the message carries RE2's words.
    """
    if len(source.encode()) > MAX_PATTERN_BYTES:
        raise PatternInvalid(
            f"The pattern is {len(source.encode())} bytes long; shorten it to at most {MAX_PATTERN_BYTES}."
        )
    _compile(source)  # the user's own words first: the wrapped form would show in RE2's complaint
    return Pattern(source, required_fragments(source), _compile(f"(?m){source}"))


@lru_cache(maxsize=256)
def _compile(source: str) -> _Compiled:
    options = re2.Options()
    options.max_mem = MAX_PATTERN_MEMORY
    options.log_errors = False
    try:
        return cast("_Compiled", re2.compile(source.encode(), options=options))
    except re2.error as error:
        words = error.args[0].decode(errors="replace") if error.args else "no reason given"
        raise PatternInvalid(f"RE2 does not accept the pattern: {words}") from None
