"""What a base generation already knows: its ids, and vectors by the hash of the embedded text."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from index_store.catalogue import id_numbers
from index_store.columns import as_matrix
from index_store.limits import MAX_SCANNED_HASHES
from index_store.table import filter_column, whole_columns

if TYPE_CHECKING:
    from lancedb.table import Table
    from numpy.typing import NDArray

    from index_store.schema import Vector

# An embed_hash is looked up by its first 16 hex digits in memory, then compared in full.
_PREFIX = 16
_NO_HASH = "0" * _PREFIX


def sorted_ids(table: Table) -> NDArray[np.uint64]:
    """The id of every row, as a number."""
    return np.sort(id_numbers(whole_columns(table, ["id"])["id"]))


class KnownIds:
    """The ids of a table at one moment: 8 bytes each."""

    def __init__(self, table: Table) -> None:
        self._ids = sorted_ids(table)

    def __contains__(self, chunk_id: str) -> bool:
        wanted = np.uint64(int(chunk_id, 16))
        place = int(np.searchsorted(self._ids, wanted))
        return place < len(self._ids) and bool(self._ids[place] == wanted)


class KnownVectors:
    """Code vectors of a table by embed_hash, read when asked for.

    Who asks once for a few has them searched for; who asks for more, looked up in memory: 16 bytes a row.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._was_asked = False
        self._places: _Places | None = None

    def find(self, embed_hashes: Collection[str]) -> dict[str, Vector]:
        """The vectors that are there, by hash."""
        asked = sorted(set(embed_hashes))
        found = self._found(asked) if asked else None
        if found is None:
            return {}
        whole = found.filter(pc.is_valid(found["vector_code"])).combine_chunks()
        vectors = as_matrix(whole["vector_code"].combine_chunks()).astype(np.float32)
        hashes = set(asked)
        return {
            value: vector
            for value, vector in zip(whole["embed_hash"].to_pylist(), vectors, strict=True)
            if value in hashes
        }

    def _found(self, asked: list[str]) -> pa.Table | None:
        """Rows that may have one of these hashes, None for none."""
        columns = ["embed_hash", "vector_code"]
        if not self._was_asked and len(asked) <= MAX_SCANNED_HASHES:
            self._was_asked = True
            some = filter_column("embed_hash").isin(asked)
            return self._table.search().where(some).select(columns).limit(None).to_arrow()
        if self._places is None:
            self._places = _Places(self._table)
        rows = self._places.of(asked)
        return self._table.take_row_ids(rows).select(columns).to_arrow() if rows else None


class _Places:
    """Which rows have which embed_hash, by its first digits."""

    def __init__(self, table: Table) -> None:
        rows = whole_columns(table, ["embed_hash"], row_ids=True)
        prefixes = _prefixes(rows["embed_hash"])
        order = np.argsort(prefixes)
        self._prefixes = prefixes[order]
        self._rows = rows["_rowid"].to_numpy()[order]

    def of(self, asked: list[str]) -> list[int]:
        """Rows that may have one of these, one for each of them."""
        if not len(self._rows):
            return []
        wanted = _prefixes(pa.chunked_array([asked], pa.string()))
        places = np.searchsorted(self._prefixes, wanted)
        within = np.minimum(places, len(self._prefixes) - 1)
        rows: list[int] = self._rows[within[self._prefixes[within] == wanted]].tolist()
        return rows


def _prefixes(hashes: pa.ChunkedArray) -> NDArray[np.uint64]:
    """Their first digits as numbers; an empty one is no text's."""
    first = pc.utf8_slice_codeunits(hashes, 0, _PREFIX)
    return id_numbers(pc.if_else(pc.equal(first, ""), _NO_HASH, first))
