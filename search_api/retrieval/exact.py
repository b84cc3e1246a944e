"""Exact search: every chunk that holds a literal text or an RE2 match, within stated bounds."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from search_api.limits import EXACT_DEADLINE_S, MAX_EXACT_CHUNKS, MAX_SCANNED_CHUNKS

if TYPE_CHECKING:
    from index_store.catalogue import IntColumn
    from index_store.filters import Filter
    from index_store.reader import Reader
    from search_api.retrieval.pattern import LineMatch, Pattern


@dataclass(slots=True)
class ExactMatches:
    """Matching lines by row, in the order of the store, and what cut the search short."""

    lines: dict[int, list[LineMatch]] = field(default_factory=dict)
    degraded: list[str] = field(default_factory=list)


async def exact_matches(
    reader: Reader, pattern: Pattern, where: Filter, *, deadline_s: float = EXACT_DEADLINE_S
) -> ExactMatches:
    """Every matching chunk, or as many as the bounds allow; `degraded` then says which bound it was.

    Matching runs in a thread, a batch at a time: one batch is at most a few milliseconds of RE2, which takes
    linear time whatever the pattern.
    """
    found = ExactMatches()
    scanned = 0
    until = time.monotonic() + deadline_s
    advice = "add a filter or a longer text"
    start_line = reader.catalogue.start_line
    async for batch in reader.containing(pattern.fragments, where):
        matching = await asyncio.to_thread(_match, pattern, batch, start_line)
        found.lines.update(matching)
        scanned += len(batch)
        if len(found.lines) >= MAX_EXACT_CHUNKS:
            found.degraded.append(f"exact: stopped at {len(found.lines)} matching chunks; narrow the query")
            break
        if scanned >= MAX_SCANNED_CHUNKS:
            found.degraded.append(f"exact: stopped after reading {scanned} chunks; {advice}")
            break
        if time.monotonic() > until:
            found.degraded.append(f"exact: stopped after {deadline_s:g} s and {scanned} chunks; {advice}")
            break
    return found


def _match(
    pattern: Pattern, batch: list[tuple[int, str]], start_line: IntColumn
) -> dict[int, list[LineMatch]]:
    matching = {}
    for row, text in batch:
        if lines := pattern.matching_lines(text, start_line[row]):
            matching[row] = lines
    return matching
