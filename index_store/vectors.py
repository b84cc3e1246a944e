"""The vectors of a generation and their signs, mapped from Arrow files beside its table.

A file is never changed. Of a chunk that several files hold the newest counts, and a chunk that the table no
longer has counts nowhere; so few changes are one small file more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from index_store.catalogue import NOWHERE
from index_store.columns import SIGN_COLUMNS, VECTOR_COLUMNS, VectorColumn, as_matrix
from index_store.dense import best, shortlist_length
from index_store.sign_codes import (
    WORD_BYTES,
    code_bytes,
    count_differences,
    furthest,
    nearest_places,
    sign_codes,
)

if TYPE_CHECKING:
    from index_store.catalogue import Catalogue
    from index_store.dense import Matrix, Rows
    from index_store.schema import Vector


def vectors_schema(dimension: int) -> pa.Schema:
    """The id of a chunk as a number, its vectors, and the signs of each, word by word."""
    vectors = [pa.field(name, pa.list_(pa.float16(), dimension)) for name in VECTOR_COLUMNS]
    words = [
        pa.field(name, pa.uint64()) for column in VECTOR_COLUMNS for name in word_names(column, dimension)
    ]
    return pa.schema([pa.field("id", pa.uint64()), *vectors, *words])


def word_names(column: str, dimension: int) -> list[str]:
    """The columns that hold the signs of one column of vectors."""
    return [f"{SIGN_COLUMNS[column]}_{word}" for word in range(code_bytes(dimension) // WORD_BYTES)]


def vector_files(folder: Path) -> list[Path]:
    """The files of a generation, oldest first."""
    return sorted(folder.glob("*.arrow"), key=lambda file: int(file.stem))


def batches(file: Path) -> Iterator[pa.RecordBatch]:
    """The blocks of a file, mapped.

    Raises:
        OSError: it is damaged.
    """
    try:
        opened = pa.ipc.open_file(pa.memory_map(str(file)))
        yield from (opened.get_batch(number) for number in range(opened.num_record_batches))
    except pa.ArrowInvalid as error:
        raise OSError(f"{file} cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class _Block:
    """Consecutive slots of one column: the words of their signs, their vectors, and which count nowhere."""

    first: int
    words: tuple[NDArray[np.uint64], ...]
    vectors: Matrix
    left_out: Rows

    def __len__(self) -> int:
        return len(self.vectors)


class MappedVectors:
    """Where each row's vectors lie in the files of a generation."""

    def __init__(self, folder: Path, catalogue: Catalogue, dimension: int) -> None:
        """Map every file.

        Raises:
            OSError: a file is damaged, or a row of the catalogue is in none.
        """
        self._slots = np.full(len(catalogue), NOWHERE, np.int32)
        rows: list[NDArray[np.int32]] = []
        blocks: dict[VectorColumn, list[_Block]] = {column: [] for column in VECTOR_COLUMNS}
        first = 0
        for file in reversed(vector_files(folder)):
            for batch in batches(file):
                found = catalogue.find(batch["id"].to_numpy())
                places = np.flatnonzero(found != NOWHERE)
                places = places[self._slots[found[places]] == NOWHERE]
                self._slots[found[places]] = first + places
                rows.append(found.astype(np.int32))
                counts = np.zeros(len(batch), bool)
                counts[places] = True
                for column, known in blocks.items():
                    known.append(_block(batch, column, dimension, first, counts))
                first += len(batch)
        if (self._slots == NOWHERE).any():
            raise OSError(f"{folder} holds no vectors of {int((self._slots == NOWHERE).sum())} chunks")
        self._rows = np.concatenate([np.zeros(0, np.int32), *rows])
        self._blocks = blocks

    def nearest(
        self, column: VectorColumn, vector: Vector, limit: int, among: Rows | None
    ) -> tuple[Rows, Vector]:
        """The rows nearest by cosine among those that may be returned, best first, and their cosines."""
        blocks = self._blocks[column]
        slots = None if among is None else np.sort(self._slots[among]).astype(np.int64)
        code = sign_codes(vector[None])[0].view(np.uint64)
        beyond = furthest(code)
        found = np.empty(len(self._rows) if slots is None else len(slots), np.uint16)
        for block, place in _places(blocks, slots):
            local = None if slots is None else slots[place] - block.first
            words = block.words if local is None else [word[local] for word in block.words]
            count_differences(words, code, found[place])
            if len(block.left_out):
                gone = block.left_out if local is None else np.isin(local, block.left_out)
                found[place][gone] = beyond
        near = nearest_places(found, shortlist_length(len(self._slots), limit), beyond)
        chosen = near if slots is None else slots[near]
        return best(vector, self._rows[chosen].astype(np.int64), _gather(blocks, chosen, len(vector)), limit)

    def stored(self, column: VectorColumn, rows: Sequence[int]) -> list[Vector | None]:
        """The vectors of rows, in the order asked for; None where embedding had failed."""
        slots = self._slots[np.asarray(rows, np.int64)]
        found: list[Vector | None] = []
        for slot in slots.tolist():
            block = next(one for one in self._blocks[column] if slot < one.first + len(one))
            local = slot - block.first
            found.append(None if local in block.left_out else block.vectors[local].astype(np.float32))
        return found


def _gather(blocks: Sequence[_Block], slots: Rows, dimension: int) -> Matrix:
    """The vectors in ascending slots."""
    found = np.empty((len(slots), dimension), np.float16)
    for block, place in _places(blocks, slots):
        # "clip" spares numpy a second copy; nothing is out of bounds.
        np.take(block.vectors, slots[place] - block.first, axis=0, out=found[place], mode="clip")
    return found


def _places(blocks: Sequence[_Block], slots: Rows | None) -> Iterator[tuple[_Block, slice]]:
    """Each block, and where its slots stand among ascending ones, or among all."""
    for block in blocks:
        ends = block.first, block.first + len(block)
        yield block, slice(*(ends if slots is None else np.searchsorted(slots, ends).tolist()))


def _block(
    batch: pa.RecordBatch, column: VectorColumn, dimension: int, first: int, counts: NDArray[np.bool_]
) -> _Block:
    present = batch[column].is_valid().to_numpy(zero_copy_only=False)
    return _Block(
        first,
        tuple(batch[name].to_numpy() for name in word_names(column, dimension)),
        as_matrix(batch[column]),
        np.flatnonzero(~(present & counts)),
    )
