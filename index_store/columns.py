"""`ChunkRow` in Arrow: the table's schema, and rows into columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import pyarrow as pa

from index_store.errors import RowInvalid
from index_store.schema import ChunkRow, SummaryUpdate, Vector

VECTOR_COLUMNS = ("vector_code", "vector_summary")
SEARCH_COLUMNS = ("search_text", "summary_search_text")

_INTEGERS = {"start_line", "end_line", "part"}
_ID_LENGTH = 16


def chunk_schema(dimension: int) -> pa.Schema:
    """The schema of the chunks table; vectors may be null, nothing else may."""
    return pa.schema([_field(column.name, dimension) for column in fields(ChunkRow)])


def _field(name: str, dimension: int) -> pa.Field:
    if name in VECTOR_COLUMNS:
        return pa.field(name, pa.list_(pa.float32(), dimension), nullable=True)
    if name in _INTEGERS:
        return pa.field(name, pa.int32(), nullable=False)
    if name == "calls":
        return pa.field(name, pa.list_(pa.string()), nullable=False)
    return pa.field(name, pa.string(), nullable=False)


def chunk_table(rows: Sequence[ChunkRow], dimension: int) -> pa.Table:
    """Rows as an Arrow table.

    Raises:
        RowInvalid: an id, a vector or a text that must not be stored.
    """
    return _table(rows, chunk_schema(dimension), dimension)


def summary_table(updates: Sequence[SummaryUpdate], dimension: int) -> pa.Table:
    """Description updates as a partial Arrow table, to be merged on `id`.

    Raises:
        RowInvalid: an id, a vector or a text that must not be stored.
    """
    names = [column.name for column in fields(SummaryUpdate)]
    return _table(updates, pa.schema([_field(name, dimension) for name in names]), dimension)


def _table(rows: Sequence[ChunkRow] | Sequence[SummaryUpdate], schema: pa.Schema, dimension: int) -> pa.Table:
    for row in rows:
        if len(row.id) != _ID_LENGTH or not set(row.id) <= set("0123456789abcdef"):
            raise RowInvalid(f"{row.id!a} is not a chunk id; make it with index_store.schema.chunk_id.")
    arrays = []
    for column in schema:
        values = [getattr(row, column.name) for row in rows]
        try:
            if column.name in VECTOR_COLUMNS:
                arrays.append(_vectors(values, dimension))
            else:
                arrays.append(pa.array(values, column.type))
        except (ValueError, TypeError, pa.ArrowException) as error:
            raise RowInvalid(f"Column {column.name} holds what cannot be stored: {error}.") from error
    return pa.Table.from_arrays(arrays, schema=schema)


def _vectors(values: Sequence[Vector | None], dimension: int) -> pa.Array:
    matrix = np.zeros((len(values), dimension), np.float32)
    missing = np.array([vector is None for vector in values], bool)
    for index, vector in enumerate(values):
        if vector is not None:
            if vector.shape != (dimension,):
                raise ValueError(f"a vector of shape {vector.shape} where ({dimension},) is stored")
            matrix[index] = vector
    if not np.isfinite(matrix).all():
        raise ValueError("a vector with NaN or infinity")
    if not (missing | matrix.any(axis=1)).all():
        raise ValueError("a zero vector")
    return pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), dimension, mask=pa.array(missing))
