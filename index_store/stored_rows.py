"""Rows of a published generation, for whoever writes the next one: in any order, without vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index_store.columns import SIGN_COLUMNS, VectorColumn
from index_store.generations import generation_dir
from index_store.limits import ROWS_PER_SCAN_BATCH
from index_store.table import open_table

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class StoredRow:
    """One chunk as the night reads it back; fields as in `ChunkRow`.

    `place` finds it again in the same generation and means nothing in another one.
    """

    place: int
    id: str
    repo: str
    path: str
    language: str
    kind: str
    symbol: str
    name: str
    signature: str
    doc: str
    start_line: int
    text: str
    calls: tuple[str, ...]
    summary: str
    summary_source: str


_COLUMNS = [name for name in StoredRow.__dataclass_fields__ if name != "place"]


class StoredRows:
    """Reads one published generation, which never changes. Memory stays at a batch of rows."""

    def __init__(self, state_dir: Path, generation: int) -> None:
        self._table = open_table(generation_dir(state_dir, generation))

    def scan(self) -> Iterator[StoredRow]:
        """Every row."""
        query = self._table.search().select(_COLUMNS).with_row_id(with_row_id=True).limit(None)
        for batch in query.to_batches(ROWS_PER_SCAN_BATCH):
            yield from _rows(batch.to_pydict())

    def take(self, places: Sequence[int]) -> list[StoredRow]:
        """The rows at these places, each once, in an order of the store's choosing."""
        if not places:
            return []
        query = self._table.take_row_ids(sorted(set(places))).select(_COLUMNS)
        return _rows(query.with_row_id().to_arrow().to_pydict())

    def without(self, column: VectorColumn) -> list[int]:
        """The places of rows that have no vector in this column."""
        query = self._table.search().where(f"{SIGN_COLUMNS[column]} IS NULL").select(["id"])
        rows: pa.Table = query.with_row_id(with_row_id=True).limit(None).to_arrow()
        places: list[int] = rows["_rowid"].to_pylist()
        return places


def _rows(columns: dict[str, list[Any]]) -> list[StoredRow]:
    columns["calls"] = [tuple(calls) for calls in columns["calls"]]
    values = zip(columns["_rowid"], *(columns[name] for name in _COLUMNS), strict=True)
    return [StoredRow(*row) for row in values]
