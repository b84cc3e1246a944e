"""Hits: ranked rows with their text, their snippet and how fresh they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search_api.answer import Hit, Match, Why
from search_api.retrieval.pattern import LineMatch
from search_api.snippet import cut, needles, snippet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from index_store.reader import StoredChunk
    from search_api.query import Query
    from search_api.retrieval.fuse import Candidate
    from search_api.serving import OpenGeneration


async def make_hits(
    generation: OpenGeneration,
    query: Query,
    page: Sequence[Candidate],
    matching_lines: Mapping[int, Sequence[LineMatch]],
) -> tuple[Hit, ...]:
    """The hits of one page, in its order; only these rows' texts are read."""
    chunks = await generation.reader.chunks([candidate.row for candidate in page])
    looked_for = needles(query.text)
    return tuple(
        _hit(generation, candidate, chunk, looked_for, matching_lines.get(candidate.row, ()))
        for candidate, chunk in zip(page, chunks, strict=True)
    )


def _hit(
    generation: OpenGeneration,
    candidate: Candidate,
    chunk: StoredChunk,
    looked_for: Sequence[str],
    lines: Sequence[LineMatch],
) -> Hit:
    shown = snippet(chunk.text, chunk.start_line, looked_for, {line.line for line in lines})
    found = lines or (LineMatch(shown.best_line, 1, shown.best_text),)
    matches = tuple(Match(line.line, line.column, cut(line.text)) for line in found)
    state = generation.repositories[chunk.repo]
    return Hit(
        id=chunk.id,
        repo=chunk.repo,
        path=chunk.path,
        start_line=chunk.start_line,
        end_line=chunk.end_line,
        language=chunk.language,
        kind=chunk.kind,
        symbol=chunk.symbol,
        signature=chunk.signature,
        score=round(candidate.score, 6),
        why=Why(
            code=candidate.ranks.get("code"),
            summary=candidate.ranks.get("summary"),
            lexical=candidate.ranks.get("lexical"),
            exact=candidate.ranks.get("exact"),
            signals=tuple(candidate.signals),
        ),
        summary=chunk.summary,
        summary_source=chunk.summary_source,
        snippet=shown.text,
        snippet_start_line=shown.start_line,
        matches=matches,
        blob_id=chunk.blob_id,
        commit=state.commit,
        stale=state.stale,
    )
