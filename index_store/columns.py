"""`ChunkRow` in Arrow: the table's schema, and rows into columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from index_store.errors import RowInvalid
from index_store.schema import ChunkRow, SummaryUpdate, Vector, VectorUpdate
from index_store.sign_codes import code_bytes, sign_codes
from index_store.simhash import simhashes

VectorColumn = Literal["vector_code", "vector_summary"]

VECTOR_COLUMNS: tuple[VectorColumn, ...] = ("vector_code", "vector_summary")
SEARCH_COLUMNS = ("search_text", "summary_search_text")

# What is worked out of a row when it is written, so that a reader need not read vectors and texts for it.
SIGN_COLUMNS = {"vector_code": "signs_code", "vector_summary": "signs_summary"}
SIMHASH_COLUMN = "simhash"

_INTEGERS = {"start_line", "end_line", "part"}
_ID_LENGTH = 16


def chunk_schema(dimension: int) -> pa.Schema:
    """The schema of the chunks table; vectors and their signs may be null, nothing else may."""
    names = [column.name for column in fields(ChunkRow)]
    return pa.schema(
        [*(_field(name, dimension) for name in [*names, *SIGN_COLUMNS.values(), SIMHASH_COLUMN])]
    )


def _field(name: str, dimension: int) -> pa.Field:
    if name in VECTOR_COLUMNS:
        return pa.field(name, pa.list_(pa.float16(), dimension), nullable=True)
    if name in SIGN_COLUMNS.values():
        return pa.field(name, pa.binary(code_bytes(dimension)), nullable=True)
    if name == SIMHASH_COLUMN:
        return pa.field(name, pa.uint64(), nullable=False)
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


def update_table(updates: Sequence[SummaryUpdate] | Sequence[VectorUpdate], dimension: int) -> pa.Table:
    """Updates of one kind as a partial Arrow table, to be merged on `id`.

    Raises:
        RowInvalid: an id, a vector or a text that must not be stored.
    """
    names = [column.name for column in fields(updates[0])]
    names += [signs for vectors, signs in SIGN_COLUMNS.items() if vectors in names]
    return _table(updates, pa.schema([_field(name, dimension) for name in names]), dimension)


def _table(
    rows: Sequence[ChunkRow] | Sequence[SummaryUpdate] | Sequence[VectorUpdate],
    schema: pa.Schema,
    dimension: int,
) -> pa.Table:
    for row in rows:
        if len(row.id) != _ID_LENGTH or not set(row.id) <= set("0123456789abcdef"):
            raise RowInvalid(f"{row.id!a} is not a chunk id; make it with index_store.schema.chunk_id.")
    arrays: dict[str, pa.Array] = {}
    for column in schema:
        if column.name in arrays:
            continue
        try:
            if column.name == SIMHASH_COLUMN:
                arrays[column.name] = as_column(simhashes(arrays["text"].to_pylist()))
                continue
            values = [getattr(row, column.name) for row in rows]
            if column.name in VECTOR_COLUMNS:
                signs = SIGN_COLUMNS[column.name]
                arrays[column.name], arrays[signs] = _vectors(values, dimension)
            else:
                arrays[column.name] = pa.array(values, column.type)
        except (ValueError, TypeError, pa.ArrowException) as error:
            raise RowInvalid(f"Column {column.name} holds what cannot be stored: {error}.") from error
    return pa.Table.from_arrays([arrays[name] for name in schema.names], schema=schema)


def _vectors(values: Sequence[Vector | None], dimension: int) -> tuple[pa.Array, pa.Array]:
    """The column of some vectors, and that of their signs."""
    matrix = np.zeros((len(values), dimension), np.float16)
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
    mask = pa.array(missing.tolist())
    codes = sign_codes(matrix)
    packed = [None if gone else code.tobytes() for code, gone in zip(codes, missing, strict=True)]
    return (
        pa.FixedSizeListArray.from_arrays(as_column(matrix.ravel()), dimension, mask=mask),
        pa.array(packed, pa.binary(codes.shape[1])),
    )


def as_column(values: NDArray[Any]) -> pa.Array:
    """Numbers as a column over the same memory: `pa.array` asks if they are masked, which loads numpy.ma."""
    numbers = np.ascontiguousarray(values)
    kind = pa.from_numpy_dtype(numbers.dtype)
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(numbers)])


def as_matrix(column: pa.FixedSizeListArray) -> NDArray[np.float16]:
    """Stored vectors, one a row; that of a null may hold anything."""
    size = column.type.list_size
    values = column.values
    _, content = values.buffers()
    first = (values.offset + column.offset * size) * np.dtype(np.float16).itemsize
    return np.frombuffer(content, np.float16, len(column) * size, first).reshape(-1, size)
