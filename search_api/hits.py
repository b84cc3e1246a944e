"""Hits: ranked rows with their text, their snippet, what is around them, and how fresh they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from search_api.answer import Copy, Enclosing, Hit, Match, Why
from search_api.limits import MAX_COPIES
from search_api.retrieval.members import defining_lines
from search_api.retrieval.pattern import LineMatch
from search_api.snippet import cut, needles, snippet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from index_store.catalogue import Catalogue
    from index_store.reader import ShownText
    from search_api.copies import Copies
    from search_api.query import Query
    from search_api.retrieval.fuse import Candidate
    from search_api.serving import OpenGeneration


async def make_hits(
    generation: OpenGeneration,
    query: Query,
    page: Sequence[Candidate],
    matching_lines: Mapping[int, Sequence[LineMatch]],
    copies: Copies,
) -> tuple[Hit, ...]:
    """The hits of one page, in its order; only these rows' texts are read."""
    texts = await generation.reader.shown_texts([candidate.row for candidate in page])
    looked_for = needles(query.text)
    return tuple(
        _hit(
            generation,
            candidate,
            shown,
            looked_for=looked_for,
            lines=matching_lines.get(candidate.row, ()),
            copies=copies.get(candidate.row, ()),
        )
        for candidate, shown in zip(page, texts, strict=True)
    )


def _hit(
    generation: OpenGeneration,
    candidate: Candidate,
    shown: ShownText,
    *,
    looked_for: Sequence[str],
    lines: Sequence[LineMatch],
    copies: Sequence[int],
) -> Hit:
    catalogue, row = generation.reader.catalogue, candidate.row
    start_line, end_line = catalogue.start_line[row], catalogue.end_line[row]
    matching = {line.line for line in lines}
    if candidate.member and not matching:
        matching.update(defining_lines(shown.text, start_line, candidate.member))
    window = snippet(shown.text, start_line, looked_for, matching)
    found = lines or (LineMatch(window.best_line, 1, window.best_text),)
    state = generation.repositories[catalogue.repo[row]]
    return Hit(
        id=catalogue.id(row),
        repo=state.name,
        path=catalogue.path[row],
        start_line=start_line,
        end_line=end_line,
        language=catalogue.language[row],
        kind=catalogue.kind[row],
        symbol=catalogue.symbol[row],
        signature=shown.signature,
        score=round(candidate.score, 6),
        why=Why(
            code=candidate.ranks.get("code"),
            summary=candidate.ranks.get("summary"),
            lexical=candidate.ranks.get("lexical"),
            description=candidate.ranks.get("description"),
            exact=candidate.ranks.get("exact"),
            signals=tuple(candidate.signals),
        ),
        summary=shown.summary,
        summary_source=catalogue.summary_source[row],
        snippet=window.text,
        snippet_start_line=window.start_line,
        lines_left_out=end_line - start_line - window.text.count("\n"),
        matches=tuple(Match(line.line, line.column, cut(line.text)) for line in found),
        blob_id=catalogue.blob_id[row],
        commit=state.commit,
        stale=state.stale,
        enclosing=_enclosing(catalogue, row),
        also_in=tuple(_copy(catalogue, copy) for copy in copies[:MAX_COPIES]),
        copies=len(copies),
    )


def _enclosing(catalogue: Catalogue, row: int) -> Enclosing | None:
    """The nearest definition above a row in its file that its symbol says it belongs to."""
    symbol = catalogue.symbol[row]
    around = symbol if catalogue.part[row] else symbol.rpartition(".")[0]
    code = catalogue.symbol.code(around) if around else None
    if code is None:
        return None
    above = range(catalogue.same_file(row).start, row)
    found = above.start + np.flatnonzero(catalogue.symbol.codes[above.start : row] == code)
    whole = [other for other in found.tolist() if catalogue.part[other] == 0]
    if not whole:
        return None
    nearest = whole[-1]
    return Enclosing(around, catalogue.kind[nearest], catalogue.start_line[nearest])


def _copy(catalogue: Catalogue, row: int) -> Copy:
    return Copy(
        id=catalogue.id(row),
        repo=catalogue.repo[row],
        path=catalogue.path[row],
        start_line=catalogue.start_line[row],
        end_line=catalogue.end_line[row],
    )
