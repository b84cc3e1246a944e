"""One generation, open for questions. Never changes, never writes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import lancedb
import numpy as np
import structlog
from lancedb.expr import col

from index_store.catalogue import CATALOGUE_COLUMNS, Catalogue
from index_store.columns import VectorColumn
from index_store.errors import GenerationMissing, IndexDamaged, VectorInvalid
from index_store.fulltext import FullText
from index_store.generations import (
    FULLTEXT_NAME,
    TABLE_NAME,
    VECTORS_NAME,
    current_generation,
    generation_dir,
    list_generations,
)
from index_store.identifiers import defining_term
from index_store.limits import (
    INDEX_CACHE_BYTES,
    MAX_READING_THREADS,
    MAX_ROWS_SCANNED_IN_PLACE,
    METADATA_CACHE_BYTES,
    ROWS_PER_SCAN_BATCH,
)
from index_store.manifest import read_manifest
from index_store.matches import NO_MATCHES, Matches
from index_store.prefilter import NothingPasses, Prefilter
from index_store.vectors import MappedVectors

if TYPE_CHECKING:
    from lancedb import AsyncConnection, AsyncTable
    from tantivy import SearchResult

    from index_store.filters import Filter
    from index_store.schema import Manifest, Vector

log = structlog.get_logger(__name__)

Found = TypeVar("Found")

SearchColumn = Literal["search_text", "summary_search_text"]


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk read back: as `ChunkRow`, without its vectors and search texts."""

    row: int
    id: str
    repo: str
    path: str
    blob_id: str
    language: str
    kind: str
    symbol: str
    name: str
    signature: str
    doc: str
    breadcrumb: str
    start_line: int
    end_line: int
    part: int
    text: str
    calls: tuple[str, ...]
    content_hash: str
    summary: str
    summary_source: str


@dataclass(frozen=True, slots=True)
class ShownText:
    """What of a chunk is shown and not in the catalogue."""

    signature: str
    text: str
    summary: str


_STORED = [name for name in StoredChunk.__dataclass_fields__ if name != "row"]


class Reader:
    """Answers many queries at once on one generation; a new generation needs a new reader. Close it."""

    def __init__(
        self,
        manifest: Manifest,
        catalogue: Catalogue,
        database: AsyncConnection,
        table: AsyncTable,
        *,
        fulltext: FullText,
        vectors: MappedVectors,
    ) -> None:
        self.manifest = manifest
        self.catalogue = catalogue
        self._fulltext = fulltext
        self._vectors = vectors
        self._prefilter = Prefilter(catalogue)
        # Two scans at once take the interpreter's lock from each other between hundreds of short calls of
        # numpy, and take longer than one after the other; tantivy does without it, and what is made of its
        # answers, which does not, is done in the event loop, as scans of few vectors are.
        self._scanning = ThreadPoolExecutor(1, thread_name_prefix="scan-vectors")
        threads = min(os.cpu_count() or 1, MAX_READING_THREADS)
        self._reading = ThreadPoolExecutor(threads, thread_name_prefix="read-index")
        self._database = database
        self._table = table

    @classmethod
    async def open(cls, state_dir: Path, generation: int | None = None) -> Reader:
        """Open a generation, the current one unless told otherwise.

        Raises:
            NoIndex: nothing has been published.
            GenerationMissing: that generation is gone.
            FormatTooNew, FormatTooOld, IndexDamaged: it cannot be read.
        """
        number = current_generation(state_dir) if generation is None else generation
        folder = generation_dir(state_dir, number)
        if not folder.is_dir():
            known = ", ".join(map(str, list_generations(state_dir))) or "none at all"
            raise GenerationMissing(f"There is no generation {number}; there is {known}.")
        manifest = read_manifest(folder)
        if not (folder / f"{TABLE_NAME}.lance").is_dir():
            raise IndexDamaged(f"Generation {number} has lost its table; run `nightdex rollback`.")
        database = await lancedb.connect_async(
            str(folder),
            read_consistency_interval=timedelta(days=365),
            session=lancedb.Session(INDEX_CACHE_BYTES, METADATA_CACHE_BYTES),
        )
        try:
            table = await database.open_table(TABLE_NAME)
            columns = await table.query().select(list(CATALOGUE_COLUMNS)).with_row_id().to_arrow()
            catalogue = Catalogue(columns)
            fulltext = FullText(folder / FULLTEXT_NAME)
            vectors = MappedVectors(folder / VECTORS_NAME, catalogue, manifest.embedder.dimension)
        except Exception as error:  # of damaged files lancedb raises anything, panics of its own among it
            database.close()  # type: ignore[no-untyped-call] # lancedb's own gap
            raise IndexDamaged(
                f"Generation {number} cannot be read ({error}); run `nightdex check`, or `nightdex rollback`."
            ) from error
        return cls(manifest, catalogue, database, table, fulltext=fulltext, vectors=vectors)

    async def close(self) -> None:
        """Release files, threads and memory; a second call does nothing."""
        self._scanning.shutdown(wait=False)
        self._reading.shutdown(wait=False)
        self._table.close()  # type: ignore[no-untyped-call] # lancedb's own gap
        self._database.close()  # type: ignore[no-untyped-call] # lancedb's own gap

    async def nearest(self, column: VectorColumn, vector: Vector, limit: int, where: Filter) -> Matches:
        """The chunks whose vectors are nearest by cosine, best first; the score is the cosine.

        The signs of all vectors say which to compare; the stored vectors of those are compared exactly.

        Raises:
            VectorInvalid: the vector is not one this generation can be asked with.
        """
        [found] = await self.nearest_in([column], vector, limit, where)
        return found

    async def nearest_in(
        self, columns: Sequence[VectorColumn], vector: Vector, limit: int, where: Filter
    ) -> list[Matches]:
        """As `nearest`, a list a column."""
        checked = self._checked(vector)
        try:
            among = await self._prefilter.rows(where)
        except NothingPasses:
            return [NO_MATCHES for _ in columns]

        def scan() -> list[Matches]:
            return [Matches(*self._vectors.nearest(column, checked, limit, among)) for column in columns]

        rows = len(self.catalogue) if among is None else len(among)
        return scan() if rows <= MAX_ROWS_SCANNED_IN_PLACE else await _away(self._scanning, scan)

    async def lexical(self, column: SearchColumn, terms: Sequence[str], limit: int, where: Filter) -> Matches:
        """The chunks that hold any of the terms, best first; the score is BM25. No terms, no chunks."""
        [found] = await self.lexical_in({column: limit}, terms, where)
        return found

    async def lexical_in(
        self, limits: Mapping[SearchColumn, int], terms: Sequence[str], where: Filter
    ) -> list[Matches]:
        """As `lexical`, a list a column, each as long as its limit says."""
        try:
            narrowed = await self._prefilter.narrowed(where)
        except NothingPasses:
            terms = ()
        if not terms:
            return [NO_MATCHES for _ in limits]

        queries = [(self._fulltext.query(column, terms, narrowed), most) for column, most in limits.items()]

        def search() -> list[SearchResult]:
            return [self._fulltext.search(query, most) for query, most in queries]

        return [self._matches(result) for result in await _away(self._reading, search)]

    async def defining(self, name: str, limit: int, where: Filter) -> list[int]:
        """The rows that define a name without being named so, as `defining_term` says; shorter ones first.

        In the caller's thread: it takes a hundredth of a millisecond, handing it over ten times that.
        """
        try:
            narrowed = await self._prefilter.narrowed(where)
        except NothingPasses:
            return []
        query = self._fulltext.query("search_text", [defining_term(name)], narrowed)
        found: list[int] = self._matches(self._fulltext.search(query, limit)).rows.tolist()
        return found

    def _matches(self, result: SearchResult) -> Matches:
        ids, scores = self._fulltext.matches(result)
        rows = self.catalogue.find(ids)
        # Equal ones come in the order in which they were written.
        order = np.lexsort((rows, -scores))
        return Matches(rows[order], scores[order])

    async def containing(
        self, fragments: Sequence[str], where: Filter
    ) -> AsyncIterator[list[tuple[int, str]]]:
        """Batches of (row, text) of the chunks whose text holds every fragment, case included; no order."""
        try:
            expression = await self._prefilter.expression(where)
        except NothingPasses:
            return
        for fragment in fragments:
            holds = col("text").contains(fragment)
            expression = holds if expression is None else expression & holds
        query = self._table.query().select(["text"]).with_row_id()
        if expression is not None:
            query = query.where(expression)
        async for batch in await query.to_batches(max_batch_length=ROWS_PER_SCAN_BATCH):
            rows = self.catalogue.rows_of(batch["_rowid"].to_numpy()).tolist()
            yield list(zip(rows, batch["text"].to_pylist(), strict=True))

    async def chunks(self, rows: Sequence[int]) -> list[StoredChunk]:
        """Full text and metadata, in the order asked for."""
        records = await self._take(rows, _STORED)
        return [
            StoredChunk(row=row, **{**record, "calls": tuple(record["calls"])})
            for row, record in zip(rows, records, strict=True)
        ]

    async def shown_texts(self, rows: Sequence[int]) -> list[ShownText]:
        """What a page of hits shows, in the order asked for; a fraction of what `chunks` reads.

        In the caller's thread: ten take .2 ms out of a file that is mapped, handing them over takes as long.
        """
        return [ShownText(**text) for text in self._fulltext.texts(self.catalogue.ids(rows))]

    async def vectors(self, rows: Sequence[int], column: VectorColumn) -> list[Vector | None]:
        """Stored vectors, in the order asked for; None where embedding had failed."""
        return await _away(self._scanning, partial(self._vectors.stored, column, rows))

    async def _take(self, rows: Sequence[int], columns: list[str]) -> list[dict[str, Any]]:
        if not rows:
            return []
        wanted = self.catalogue.store_rows(rows)
        found = await self._table.take_row_ids(list(set(wanted))).select(columns).with_row_id().to_arrow()
        by_store_row = {record.pop("_rowid"): record for record in found.to_pylist()}
        return [by_store_row[store_row] for store_row in wanted]

    def _checked(self, vector: Vector) -> Vector:
        embedder = self.manifest.embedder
        if vector.shape != (embedder.dimension,):
            raise VectorInvalid(
                f"The query vector has shape {vector.shape}; generation {self.manifest.generation} holds "
                f"vectors of {embedder.dimension} by {embedder.provider}/{embedder.model}: ask with that."
            )
        if not np.isfinite(vector).all() or not vector.any():
            raise VectorInvalid("The query vector is zero, or holds NaN or infinity; embed the query again.")
        return vector.astype(np.float32)


def _away(threads: ThreadPoolExecutor, call: Callable[[], Found]) -> asyncio.Future[Found]:
    return asyncio.get_running_loop().run_in_executor(threads, call)
