"""Brings the mapped vectors of a generation up to date with its table: by one more file, or anew."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from index_store.catalogue import id_numbers
from index_store.columns import VECTOR_COLUMNS, as_column, as_matrix
from index_store.limits import CODES_PER_BLOCK, MAX_DELETED_SHARE
from index_store.sign_codes import sign_codes
from index_store.table import base_to_share, rows_with_ids, share_files
from index_store.vectors import batches, vector_files, vectors_schema, word_names

if TYPE_CHECKING:
    from lancedb.table import Table
    from numpy.typing import NDArray

_COLUMNS = ["id", *VECTOR_COLUMNS]

# A file that is at most so many times larger than what comes after it is written again with that: there are
# few files, and no row is written often.
_GROWTH = 2


def write_vectors(
    table: Table,
    ids: NDArray[np.uint64],
    folder: Path,
    base: Path | None,
    touched: Collection[str],
    *,
    dimension: int,
) -> None:
    """Make `folder` the mapped vectors of a table that has these ids, sorted.

    `base` and `touched` are as in `write_fulltext`.
    """
    shutil.rmtree(folder, ignore_errors=True)
    if shared := base_to_share(base, touched, len(ids)):
        share_files(shared, folder)
        _update(table, folder, touched, dimension)
        held = np.sort(_held(folder))
        if _is_among(ids, held) and len(held) <= len(ids) / (1 - MAX_DELETED_SHARE):
            return
        shutil.rmtree(folder)
    folder.mkdir()
    query = table.search().select(_COLUMNS).limit(None)
    _write(folder / "1.arrow", query.to_batches(CODES_PER_BLOCK), dimension)


def _update(table: Table, folder: Path, touched: Collection[str], dimension: int) -> None:
    files = vector_files(folder)
    newest = int(files[-1].stem) if files else 0
    wanted = set(touched)
    for file in reversed(files) if wanted else ():
        held = np.concatenate([np.zeros(0, np.uint64), *(batch["id"].to_numpy() for batch in batches(file))])
        if len(held) > _GROWTH * len(wanted):
            break
        wanted |= {f"{number:016x}" for number in held.tolist()}
        file.unlink()
    _write(folder / f"{newest + 1}.arrow", rows_with_ids(table, wanted, _COLUMNS), dimension)


def _write(file: Path, rows: Iterable[pa.RecordBatch], dimension: int) -> None:
    """Write rows in blocks of one size; no rows, no file."""
    schema = vectors_schema(dimension)
    blocks = _blocks(rows)
    if (block := next(blocks, None)) is None:
        return
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        while block is not None:
            writer.write_batch(_as_block(block, schema, dimension))
            block = next(blocks, None)


def _blocks(rows: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    for batch in rows:
        waiting.append(batch)
        if sum(map(len, waiting)) >= CODES_PER_BLOCK:
            whole = pa.Table.from_batches(waiting)
            yield whole.slice(0, CODES_PER_BLOCK)
            waiting = whole.slice(CODES_PER_BLOCK).to_batches()
    if any(map(len, waiting)):
        yield pa.Table.from_batches(waiting)


def _as_block(rows: pa.Table, schema: pa.Schema, dimension: int) -> pa.RecordBatch:
    whole = rows.combine_chunks()
    columns = {"id": as_column(id_numbers(whole["id"]))}
    for column in VECTOR_COLUMNS:
        stored = whole[column].combine_chunks()
        mask = stored.is_null()
        matrix = as_matrix(stored).copy()
        matrix[mask.to_numpy(zero_copy_only=False)] = 0
        columns[column] = pa.FixedSizeListArray.from_arrays(as_column(matrix.ravel()), dimension, mask=mask)
        words = sign_codes(matrix).view(np.uint64).T
        for name, word in zip(word_names(column, dimension), words, strict=True):
            columns[name] = as_column(word)
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _is_among(some: NDArray[np.uint64], others: NDArray[np.uint64]) -> bool:
    """Whether sorted numbers are all among other sorted ones."""
    places = np.searchsorted(others, some)
    return not len(some) or (places[-1] < len(others) and bool((others[places] == some).all()))


def _held(folder: Path) -> NDArray[np.uint64]:
    ids = [batch["id"].to_numpy() for file in vector_files(folder) for batch in batches(file)]
    return np.concatenate([np.zeros(0, np.uint64), *ids])
