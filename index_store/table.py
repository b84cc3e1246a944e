"""The Lance table of a generation that is being written: cloned, and tidied where that is worth its time."""

from __future__ import annotations

import gc
import os
import shutil
import warnings
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from index_store.columns import SIGN_COLUMNS, chunk_schema
from index_store.generations import TABLE_NAME
from index_store.lancedb_import import models_built_late
from index_store.limits import (
    MAX_TOUCHED_SHARE,
    MAX_UNINDEXED_ROWS,
    MAX_VERSIONS,
    ROWS_PER_COLUMN_BATCH,
    ROWS_PER_FRAGMENT,
    ROWS_PER_LOOKUP,
    ROWS_PER_SCAN_BATCH,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from types import ModuleType

    import pyarrow as pa
    from lancedb.expr import Expr
    from lancedb.index import Bitmap, BTree
    from lancedb.table import Table

# Lance writes these in place of one another; everything else in a table is never changed once written.
_REWRITTEN = "_versions"

# One for each version.
_MANIFESTS = f"{_REWRITTEN}/*.manifest"


def clone_table(source: Path, target: Path) -> None:
    """Give a new generation the rows of an old one: hard links where there are such, else copies."""
    table = f"{TABLE_NAME}.lance"
    for folder, _, names in os.walk(source / table):
        relative = Path(folder).relative_to(source)
        (target / relative).mkdir(parents=True)
        for name in names:
            _link(Path(folder, name), target / relative / name, rewritten=relative.name == _REWRITTEN)


def share_files(source: Path, target: Path) -> None:
    """A new folder with the files of another one, none of which is ever changed: links, else copies."""
    target.mkdir()
    for entry in source.iterdir():
        _link(entry, target / entry.name, rewritten=False)


def _link(source: Path, target: Path, *, rewritten: bool) -> None:
    if not rewritten:
        try:
            target.hardlink_to(source)
        except OSError:  # another device, or a file system without links: a copy costs space, not correctness
            pass
        else:
            return
    shutil.copyfile(source, target)


def base_to_share(base: Path | None, touched: Collection[str], rows: int) -> Path | None:
    """A folder of the base generation, if it is there and going on from it is less than building anew."""
    return base if base and base.is_dir() and len(touched) <= MAX_TOUCHED_SHARE * rows else None


@cache
def _lancedb() -> ModuleType:
    """Imported when a table is first opened: workers cut the first files of a night meanwhile."""
    gc.disable()  # what imports make stays: not to be gone over while it grows
    with models_built_late():
        import lancedb  # noqa: PLC0415 - see above

    gc.freeze()
    gc.enable()
    return lancedb


def filter_column(name: str) -> Expr:
    """A column of the table, to be compared in a filter."""
    _lancedb()
    from lancedb.expr import col  # noqa: PLC0415 - as above

    return col(name)


def open_table(folder: Path) -> Table:
    """Open the table of a generation.

    Raises:
        ValueError: there is none.
    """
    table: Table = _lancedb().connect(str(folder)).open_table(TABLE_NAME)
    return table


def create_table(folder: Path, dimension: int) -> Table:
    """An empty table in a new folder."""
    folder.mkdir(parents=True)
    table: Table = _lancedb().connect(str(folder)).create_table(TABLE_NAME, schema=chunk_schema(dimension))
    return table


def copy_rows(table: Table, folder: Path, dimension: int) -> Table:
    """Write the rows of a table, and nothing of what it held before, into a new one in `folder`."""
    fresh = create_table(folder, dimension)
    for batch in table.search().limit(None).to_batches(ROWS_PER_FRAGMENT):
        fresh.add(batch, on_bad_vectors="null")
    return fresh


def whole_columns(table: Table, columns: list[str], *, row_ids: bool = False) -> pa.Table:
    """Some columns of every row. Handed over in Lance's own small batches, they took four times as long."""
    query = table.search().select(columns).with_row_id(with_row_id=row_ids).limit(None)
    return query.to_batches(ROWS_PER_COLUMN_BATCH).read_all()


def rows_with_ids(table: Table, ids: Collection[str], columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Some columns of the rows that are there, in any order."""
    wanted = sorted(ids)
    for start in range(0, len(wanted), ROWS_PER_LOOKUP):
        some = filter_column("id").isin(wanted[start : start + ROWS_PER_LOOKUP])
        query = table.search().where(some).select(columns).limit(None)
        yield from query.to_batches(ROWS_PER_SCAN_BATCH)


def tidy(table: Table, folder: Path) -> None:
    """Compact, build or bring up to date every index, and drop what only older versions of the table need.

    Not after a few changes: Lance rewrites whole indexes for them, for seconds, while rows outside the
    indexes are found all the same. Nor is a new table of a few large files written once more.
    """
    from lancedb.index import Bitmap, BTree  # noqa: PLC0415 - as above

    wanted: dict[str, BTree | Bitmap] = {
        **dict.fromkeys(("id", "path", "name"), BTree()),
        **dict.fromkeys(("repo", "language", "kind"), Bitmap()),
    }
    present = {column: index.name for index in table.list_indices() for column in index.columns}
    if wanted.keys() <= present.keys() and _is_tidy(table, folder, present["id"]):
        return
    if present or not _was_only_added_to(folder):
        with warnings.catch_warnings():
            # Lance warns of concurrent readers; nobody can read a generation before it is published.
            warnings.simplefilter("ignore", UserWarning)
            table.optimize(cleanup_older_than=timedelta(0), delete_unverified=True)
    for column, config in wanted.items():
        if column not in present:
            table.create_index(column, config=config)


def _was_only_added_to(folder: Path) -> bool:
    """Whether each version of a new table is one file of rows more than the one before, and they are few."""
    return _count(folder, "data/*") == _count(folder, _MANIFESTS) - 1 <= MAX_VERSIONS


def _is_tidy(table: Table, folder: Path, index: str) -> bool:
    statistics = table.index_stats(index)
    return (
        statistics is not None
        and statistics.num_unindexed_rows <= MAX_UNINDEXED_ROWS
        and _count(folder, _MANIFESTS) <= MAX_VERSIONS
    )


def _count(folder: Path, files: str) -> int:
    return sum(1 for _ in folder.glob(f"{TABLE_NAME}.lance/{files}"))


def missing_vectors(table: Table) -> int:
    """How many vectors the rows lack, both columns together; read from the signs, which are small."""
    return sum(table.count_rows(f"{signs} IS NULL") for signs in SIGN_COLUMNS.values())
