"""What a base generation already knows: its ids, and vectors by the hash of the embedded text."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from index_store.columns import as_matrix

if TYPE_CHECKING:
    from lancedb.table import Table

    from index_store.schema import Vector

# An embed_hash is looked up by its first 16 hex digits in memory, then compared in full.
_PREFIX = 16
_NO_HASH = "0" * _PREFIX


class KnownIds:
    """The ids of a table at one moment: 8 bytes each."""

    def __init__(self, table: Table) -> None:
        ids = table.search().select(["id"]).limit(None).to_arrow()["id"].to_pylist()
        self._ids = np.sort(_as_numbers(ids))

    def __contains__(self, chunk_id: str) -> bool:
        wanted = np.uint64(int(chunk_id, 16))
        place = int(np.searchsorted(self._ids, wanted))
        return place < len(self._ids) and bool(self._ids[place] == wanted)


class KnownVectors:
    """Code vectors of a table by embed_hash: 16 bytes a row in memory, vectors are read when asked for."""

    def __init__(self, table: Table) -> None:
        self._table = table
        rows = table.search().select(["embed_hash"]).with_row_id(with_row_id=True).limit(None).to_arrow()
        prefixes = _as_numbers([value[:_PREFIX] or _NO_HASH for value in rows["embed_hash"].to_pylist()])
        order = np.argsort(prefixes)
        self._prefixes = prefixes[order]
        self._rows = rows["_rowid"].to_numpy()[order]

    def find(self, embed_hashes: Collection[str]) -> dict[str, Vector]:
        """The vectors that are there, by hash."""
        asked = sorted(set(embed_hashes))
        if not asked or not len(self._rows):
            return {}
        wanted = _as_numbers([value[:_PREFIX] or _NO_HASH for value in asked])
        places = np.searchsorted(self._prefixes, wanted)
        within = np.minimum(places, len(self._prefixes) - 1)
        present = self._prefixes[within] == wanted
        rows = self._rows[within[present]].tolist()
        if not rows:
            return {}
        found = self._table.take_row_ids(rows).select(["embed_hash", "vector_code"]).to_arrow()
        whole = found.filter(pc.is_valid(found["vector_code"])).combine_chunks()
        vectors = as_matrix(whole["vector_code"].combine_chunks()).astype(np.float32)
        hashes = set(asked)
        return {
            value: vector
            for value, vector in zip(whole["embed_hash"].to_pylist(), vectors, strict=True)
            if value in hashes
        }


def _as_numbers(hex_digits: list[str]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.frombuffer(bytes.fromhex("".join(hex_digits)), dtype=">u8").astype(np.uint64)
