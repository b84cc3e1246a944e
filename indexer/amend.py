"""Rows that are stored get what they lack: a vector that failed, a description that a model wrote since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from index_store.identifiers import summary_search_text
from index_store.schema import SummaryUpdate, Vector, VectorUpdate
from index_store.stored_rows import StoredRow, StoredRows
from index_store.writer import GenerationWriter
from indexer.embed import RowEmbedder, nothing_stored
from indexer.limits import ROWS_PER_BATCH
from indexer.rows import unit_of
from model_chain.document import code_document, summary_document
from model_chain.protocol import CodeUnit, Description
from model_chain.summary_cache import CachedSummariser


def fill_vectors(writer: GenerationWriter, stored: StoredRows, embedder: RowEmbedder) -> int:
    """Embed what has no vector; stops where the embedder breaks down. Returns how many rows got one."""
    no_code, no_summary = set(stored.without("vector_code")), set(stored.without("vector_summary"))
    filled = 0
    for rows in _batches(stored, no_code | no_summary):
        units = [unit_of(row) for row in rows]
        code, _ = embedder.embed([code_document(unit) for unit in units], writer.known_vectors)
        descriptions = [Description(row.summary, row.summary_source) for row in rows]
        summary, _ = embedder.embed(_documents(units, descriptions), nothing_stored)
        if embedder.breakdown:
            break
        updates = [
            VectorUpdate(row.id, code_vector, summary_vector)
            for row, code_vector, summary_vector in zip(rows, code, summary, strict=True)
            if _gains(row.place, (no_code, code_vector), (no_summary, summary_vector))
        ]
        writer.update(updates)
        filled += len(updates)
    return filled


def store_descriptions(
    writer: GenerationWriter,
    stored: StoredRows,
    embedder: RowEmbedder,
    cached: CachedSummariser,
    places: Iterable[int],
) -> int:
    """Give rows the model's description and its vector, together; returns how many rows have it now.

    Where the embedder breaks down the rest keep what they have: the cache knows the descriptions tomorrow.
    """
    updated = 0
    for rows in _batches(stored, places):
        found = [(row, unit_of(row)) for row in rows]
        known = [(row, unit, cached.cached(unit)) for row, unit in found]
        described = [
            (row, unit, Description(summary.text, cached.source))
            for row, unit, summary in known
            if summary is not None and summary.text
        ]
        documents = _documents([unit for _, unit, _ in described], [one for _, _, one in described])
        vectors, _ = embedder.embed(documents, nothing_stored)
        if embedder.breakdown:
            break
        writer.update(
            [
                SummaryUpdate(
                    id=row.id,
                    summary=description.text,
                    summary_source=description.source,
                    summary_search_text=summary_search_text(
                        summary=description.text, symbol=row.symbol, path=row.path
                    ),
                    vector_summary=vector,
                )
                for (row, _, description), vector in zip(described, vectors, strict=True)
            ]
        )
        updated += len(described)
    return updated


def _batches(stored: StoredRows, places: Iterable[int]) -> Iterator[list[StoredRow]]:
    ordered = sorted(places)
    for start in range(0, len(ordered), ROWS_PER_BATCH):
        yield stored.take(ordered[start : start + ROWS_PER_BATCH])


def _documents(units: Sequence[CodeUnit], descriptions: Sequence[Description]) -> list[str]:
    return [summary_document(unit, one) for unit, one in zip(units, descriptions, strict=True)]


def _gains(place: int, *columns: tuple[set[int], Vector | None]) -> bool:
    """Whether a row gains a vector and loses none; `columns` pairs the rows without one with the new one."""
    lost = any(vector is None and place not in without for without, vector in columns)
    return not lost and any(vector is not None and place in without for without, vector in columns)
