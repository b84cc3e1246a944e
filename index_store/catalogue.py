"""What ranking needs of every chunk, in memory: about a hundred bytes a chunk, no I/O."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from index_store.limits import TEXTS_REMEMBERED
from index_store.simhash import NEAR_BITS

CATALOGUE_COLUMNS = (
    "id", "repo", "path", "language", "kind", "name", "symbol", "start_line", "end_line", "part", "simhash",
    "blob_id", "summary_source",
)  # fmt: skip

# Each column in the smallest integers that hold it.
_Ints = NDArray[np.integer]

Made = TypeVar("Made")

# What stands for a row where there is none.
NOWHERE = -1


class _Made(dict[int, Made]):
    """What is made of values, by code; each when it is first asked for."""

    def __init__(self, values: pa.Array, make: Callable[[str], Made]) -> None:
        self._values = values
        self._make = make

    def __missing__(self, code: int) -> Made:
        if len(self) >= TEXTS_REMEMBERED:
            self.clear()
        made = self[code] = self._make(self._values[code].as_py())
        return made


class TextColumn:
    """A dictionary-encoded column of texts: `column[row]`. Codes follow the order of the sorted values."""

    __slots__ = ("_code_of", "_made", "_texts", "_values", "codes")

    def __init__(self, values: pa.Array, codes: _Ints) -> None:
        self._values = values
        self._texts = _Made(values, str)
        self._made: dict[Callable[[str], Any], _Made[Any]] = {}
        self.reorder(codes)

    def reorder(self, codes: _Ints) -> None:
        """Give every row its code anew."""
        self.codes = codes
        # A view gives Python integers, several times faster than an array gives its own.
        self._code_of = codes.data

    def __getitem__(self, row: int, /) -> str:
        return self._texts[self._code_of[row]]

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: Sequence[int]) -> list[str]:
        """The values of many rows, in their order."""
        return list(map(self._texts.__getitem__, self._codes_of(rows)))

    def made(self, make: Callable[[str], Made], rows: Sequence[int]) -> list[Made]:
        """What a function makes of the values of many rows, in their order; remembered by value."""
        made = self._made.get(make) or self._made.setdefault(make, _Made(self._values, make))
        return list(map(made.__getitem__, self._codes_of(rows)))

    def _codes_of(self, rows: Sequence[int]) -> list[int]:
        codes: list[int] = self.codes[np.asarray(rows, np.int64)].tolist()
        return codes

    def distinct(self) -> list[str]:
        """Every value, sorted."""
        values: list[str] = self._values.to_pylist()
        return values

    def values(self, codes: range) -> list[str]:
        """The values of a run of codes."""
        values: list[str] = self._values[codes.start : codes.stop].to_pylist()
        return values

    def code(self, value: str) -> int | None:
        """The code of a value, or None where no row has it; the values must be sorted as they are."""
        codes = range(len(self._values))
        place = bisect_left(codes, value, key=self._texts.__getitem__)
        return place if place < len(codes) and self._texts[place] == value else None

    def code_range(self, value: str, key: Callable[[str], str] = str) -> range:
        """The codes whose value, after `key`, equals `value`; the values must be sorted by `key`."""
        codes = range(len(self._values))
        return range(
            bisect_left(codes, value, key=lambda code: key(self._texts[code])),
            bisect_right(codes, value, key=lambda code: key(self._texts[code])),
        )

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return int(self._values.nbytes + self.codes.nbytes)


class IntColumn:
    """A column of small integers: `column[row]` is a Python int."""

    __slots__ = ("_value_of", "_values")

    def __init__(self, values: _Ints) -> None:
        self._values = values
        self._value_of = values.data

    def __getitem__(self, row: int, /) -> int:
        return self._value_of[row]

    def __len__(self) -> int:
        return len(self._values)

    def at(self, rows: NDArray[np.int64]) -> _Ints:
        """The values of many rows, in their order."""
        return self._values[rows]

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> list[int]:
        """The same as Python integers; for hundreds of rows far quicker than one by one."""
        values: list[int] = self.at(np.asarray(rows, np.int64)).tolist()
        return values

    def run(self, value: int) -> range:
        """The rows that hold a value, where the column is sorted."""
        return _run(self._values, value, value + 1)

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return int(self._values.nbytes)


class Catalogue:
    """The chunks of a generation by row: 0 ≤ row < len(catalogue), in order of repository, path and line."""

    def __init__(self, table: pa.Table) -> None:
        """Take the CATALOGUE_COLUMNS and `_rowid`, in any order of rows."""
        self.repo = _text_column(table["repo"])
        self.path = _text_column(table["path"])
        start_line, part = _ints(table["start_line"]), _ints(table["part"])
        order = np.lexsort((part, start_line, self.path.codes, self.repo.codes)).astype(np.int32)
        self.repo.reorder(self.repo.codes[order])
        self.path.reorder(self.path.codes[order])
        self.start_line = IntColumn(start_line[order])
        self.file = IntColumn(_numbered(self.repo.codes, self.path.codes))
        self.end_line = IntColumn(_ints(table["end_line"])[order])
        self.part = IntColumn(part[order])
        self.language = _text_column(table["language"], order)
        self.kind = _text_column(table["kind"], order)
        self.symbol = _text_column(table["symbol"], order)
        self.blob_id = _text_column(table["blob_id"], order)
        self.summary_source = _text_column(table["summary_source"], order)
        self.name = _text_column(table["name"], order, folded=True)
        self._by_name = np.argsort(self.name.codes, kind="stable").astype(np.int32)
        self._name_starts = np.cumsum([0, *np.bincount(self.name.codes)], dtype=np.int32)
        ids = id_numbers(table["id"])[order]
        self._by_id = np.argsort(ids).astype(np.int32)
        # Sorted, so that a search in them reads little memory; and where the id of a row stands among them.
        self._ids = ids[self._by_id]
        self._id_places = np.empty_like(self._by_id)
        self._id_places[self._by_id] = np.arange(len(ids), dtype=np.int32)
        # In order of names, so that the fingerprints of namesakes are read as one run.
        self._simhashes = table["simhash"].to_numpy().astype(np.uint64)[order][self._by_name]
        self._store_rows = table["_rowid"].to_numpy().astype(np.uint64)[order]
        self._by_store_row = np.argsort(self._store_rows).astype(np.int32)

    def __len__(self) -> int:
        return len(self._ids)

    def id(self, row: int) -> str:
        """The chunk's id, 16 hex digits."""
        return f"{int(self._ids[self._id_places[row]]):016x}"

    def by_id(self, chunk_id: str) -> int | None:
        """The row of a chunk, or None where there is none."""
        try:
            wanted = np.array([int(chunk_id, 16)], np.uint64)
        except (ValueError, OverflowError):
            return None
        row = int(self.find(wanted)[0])
        return row if row != NOWHERE and self.id(row) == chunk_id else None

    def find(self, ids: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The rows of chunks, by their ids as numbers; NOWHERE where there is none."""
        if not len(self):
            return np.full(len(ids), NOWHERE, np.int64)
        # In order: each search then begins where the one before it ended.
        order = np.argsort(ids)
        wanted = ids[order]
        places = np.minimum(np.searchsorted(self._ids, wanted), len(self) - 1)
        rows = np.empty(len(ids), np.int64)
        rows[order] = np.where(self._ids[places] == wanted, self._by_id[places], NOWHERE)
        return rows

    def ids(self, rows: Sequence[int]) -> list[int]:
        """The ids of rows, as numbers."""
        found: list[int] = self._ids[self._id_places[np.asarray(rows, np.int64)]].tolist()
        return found

    def by_path(self, repo: str, path: str) -> range:
        """The rows of one file, in line order."""
        rows = range(len(self))
        for column, value in ((self.repo, repo), (self.path, path)):
            codes = column.code_range(value)
            if not codes:
                return range(0)
            within = column.codes[rows.start : rows.stop]
            run = _run(within, codes.start, codes.stop)
            rows = range(rows.start + run.start, rows.start + run.stop)
        return rows

    def same_file(self, row: int) -> range:
        """The rows of the file that a row was cut from, in line order."""
        return self.file.run(self.file[row])

    def near_copies(self, row: int) -> list[int]:
        """Rows in other repositories with the same symbol, kind and language, and nearly the same text."""
        code = int(self.name.codes[row])
        run = self._named(code, code + 1)
        rows, simhashes = self._by_name[run], self._simhashes[run]
        if len(rows) == 1:
            return []  # its name is its alone, as most are
        own = simhashes[np.searchsorted(rows, row)]
        rows = rows[np.bitwise_count(simhashes ^ own) <= NEAR_BITS]
        if len(rows) == 1:
            return []
        same = self.repo.codes[rows] != self.repo.codes[row]
        for column in (self.symbol, self.kind, self.language):
            same &= column.codes[rows] == column.codes[row]
        found: list[int] = rows[same].tolist()
        return found

    def by_name(self, name: str) -> list[int]:
        """The rows whose name is this one, case included."""
        return [row for row in self.by_folded_name(name) if self.name[row] == name]

    def by_folded_name(self, name: str) -> list[int]:
        """The rows whose name is this one, whatever the case."""
        if not name:
            return []
        codes = self.name.code_range(name.casefold(), str.casefold)
        return sorted(self._by_name[self._named(codes.start, codes.stop)].tolist())

    def folded_names(self, prefix: str, lengths: range) -> list[str]:
        """The distinct names of some lengths that begin so, all without case, sorted."""
        codes = self.name.code_range(prefix, lambda name: name.casefold()[: len(prefix)])
        return sorted({name.casefold() for name in self.name.values(codes) if len(name) in lengths})

    def _named(self, first: int, beyond: int) -> slice:
        """Where, in the order of names, the rows are that have one of a run of them."""
        return slice(*self._name_starts[[first, beyond]].tolist())

    @cached_property
    def repos(self) -> list[str]:
        """Every repository with a chunk, sorted."""
        return self.repo.distinct()

    @cached_property
    def languages(self) -> list[str]:
        """Every language with a chunk, sorted."""
        return self.language.distinct()

    @cached_property
    def kinds(self) -> list[str]:
        """Every chunk kind that occurs, sorted."""
        return self.kind.distinct()

    @cached_property
    def paths(self) -> list[str]:
        """Every path with a chunk in any repository, sorted."""
        return self.path.distinct()

    def rows_of(self, store_rows: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Lance row ids into rows."""
        places = np.searchsorted(self._store_rows, store_rows, sorter=self._by_store_row)
        return self._by_store_row[places]

    def store_rows(self, rows: Sequence[int]) -> list[int]:
        """Rows into Lance row ids."""
        found: list[int] = self._store_rows[np.asarray(rows, dtype=np.int64)].tolist()
        return found

    @property
    def nbytes(self) -> int:
        """Memory held by the columns and lookups."""
        texts = (
            self.repo,
            self.path,
            self.language,
            self.kind,
            self.name,
            self.symbol,
            self.blob_id,
            self.summary_source,
        )
        numbers = (self.file, self.start_line, self.end_line, self.part)
        lookups = (
            self._by_name, self._name_starts, self._ids, self._by_id, self._id_places, self._store_rows,
            self._by_store_row, self._simhashes,
        )  # fmt: skip
        return sum(column.nbytes for column in (*texts, *numbers, *lookups))


def _numbered(*sorted_codes: _Ints) -> _Ints:
    """Numbers that count up wherever one of the columns changes from a row to the next."""
    changes = np.zeros(len(sorted_codes[0]), bool)
    for codes in sorted_codes:
        changes[1:] |= codes[1:] != codes[:-1]
    return np.cumsum(changes, dtype=np.int32)


def _run(values: _Ints, first: int, beyond: int) -> range:
    """Where sorted values from `first` up to, and without, `beyond` stand."""
    # As numbers of the same size: numpy would otherwise convert the whole column for two look-ups.
    start, stop = np.searchsorted(values, np.array((first, beyond), values.dtype)).tolist()
    return range(start, stop)


def id_numbers(ids: pa.ChunkedArray) -> NDArray[np.uint64]:
    """Texts of 16 hex digits as numbers."""
    # Of the whole column at once: a Python string for each takes longer than reading them.
    digits = pc.binary_join(
        pa.LargeListArray.from_arrays([0, len(ids)], ids.cast(pa.string()).combine_chunks()), ""
    )[0]
    return np.frombuffer(bytes.fromhex(digits.as_py()), dtype=">u8").astype(np.uint64)


def _ints(column: pa.ChunkedArray) -> _Ints:
    values: NDArray[np.int32] = column.to_numpy()
    return values.astype(np.min_scalar_type(values.max(initial=0)))


def _text_column(column: pa.ChunkedArray, order: _Ints | None = None, *, folded: bool = False) -> TextColumn:
    encoded = pc.dictionary_encode(column.combine_chunks())
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    values, codes = encoded.dictionary, encoded.indices.to_numpy()
    if folded:
        texts = values.to_pylist()
        by_value = np.array(
            sorted(range(len(texts)), key=lambda code: texts[code].casefold()), dtype=np.int64
        )
    else:
        by_value = pc.sort_indices(values).to_numpy().astype(np.int64)
    # One more than there are codes fits: runs of codes end there.
    new_code = np.empty(len(by_value), np.min_scalar_type(len(by_value)))
    new_code[by_value] = np.arange(len(by_value))
    recoded = new_code[codes]
    return TextColumn(values.take(pa.array(by_value)), recoded if order is None else recoded[order])
