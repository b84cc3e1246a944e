"""The lines of a chunk that matter for a query."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from index_store.identifiers import query_terms
from search_api.limits import SNIPPET_LINE_CHARS, SNIPPET_LINES

# Shorter needles match inside unrelated words.
_MIN_NEEDLE = 3


@dataclass(frozen=True, slots=True)
class Snippet:
    """Consecutive lines; `start_line` and `best_line` are lines of the file, counted from 1."""

    text: str
    start_line: int
    best_line: int
    best_text: str


def needles(text: str) -> tuple[str, ...]:
    """What to look for in lines, lower case: the identifiers of a query, and the stems of its words.

    Stemming every line of every hit would cost more than the search; a stem is a prefix of nearly all the
    forms of its word (less the i that Porter puts for y), so looking for that prefix finds them.
    """
    stems = (term.removesuffix("i") for term in query_terms(text))
    return tuple(stem for stem in stems if len(stem) >= _MIN_NEEDLE)


def snippet(text: str, first_line: int, looked_for: Sequence[str], matching: Collection[int] = ()) -> Snippet:
    """The window of SNIPPET_LINES lines with the most in it; the first one where nothing stands out.

    `matching` are lines of the file known to match; without any, lines count by the needles they hold.
    """
    lines = text.split("\n")
    if matching:
        scores = [int(first_line + index in matching) for index in range(len(lines))]
    else:
        lowered = text.lower()
        present = [needle for needle in looked_for if needle in lowered]
        scores = [sum([needle in line for needle in present]) for line in lowered.split("\n")]
    best = scores.index(max(scores))
    start = _window(scores, best)
    shown = [cut(line) for line in lines[start : start + SNIPPET_LINES]]
    return Snippet("\n".join(shown), first_line + start, first_line + best, lines[best])


def _window(scores: list[int], best: int) -> int:
    """The start of the fullest window that shows the best line, as near to the top as it can be."""
    last = max(0, len(scores) - SNIPPET_LINES)
    starts = range(max(0, best - SNIPPET_LINES + 1), min(best, last) + 1)
    return max(starts, key=lambda start: (sum(scores[start : start + SNIPPET_LINES]), -start))


def cut(line: str) -> str:
    """A line, or its beginning where it is very long."""
    return line if len(line) <= SNIPPET_LINE_CHARS else line[:SNIPPET_LINE_CHARS] + "…"
