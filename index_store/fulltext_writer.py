"""Brings the full-text index of a generation up to date with its table: by what changed, or anew."""

from __future__ import annotations

import json
import shutil
import stat
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import tantivy

from index_store.fulltext import (
    FILTER_FIELDS,
    ID_FIELD,
    LOCKS,
    TERM_FIELDS,
    TEXT_FIELDS,
    files_of,
    fulltext_schema,
    open_for_writing,
)
from index_store.limits import (
    FULLTEXT_BUILD_BYTES,
    FULLTEXT_UPDATE_BYTES,
    MAX_DELETED_SHARE,
    ROWS_PER_SCAN_BATCH,
)
from index_store.log import Log
from index_store.table import base_to_share, rows_with_ids, share_files

if TYPE_CHECKING:
    import pyarrow as pa
    from lancedb.table import Table

log = Log(__name__)

_COLUMNS = ["id", *FILTER_FIELDS, *TERM_FIELDS, *TEXT_FIELDS]
_META = "meta.json"
_MANAGED = ".managed.json"


def write_fulltext(table: Table, folder: Path, base: Path | None, touched: Collection[str]) -> None:
    """Make `folder` the full-text index of a table.

    `base` is the index of an older state of the table, of which every row that was added, changed or deleted
    since is `touched`; more may be. Where that is much, or the base is unusable, the index is built anew.
    """
    shutil.rmtree(folder, ignore_errors=True)
    rows = table.count_rows()
    if shared := base_to_share(base, touched, rows):
        try:
            # tantivy replaces files and changes none.
            share_files(shared, folder)
            if not touched or _update(table, folder, touched) == rows:
                return
            log.warning(
                "the full-text index lacks rows or holds too many deleted ones: it is built anew",
                base=str(shared),
            )
        except OSError as error:
            log.warning("the full-text index is built anew", reason=str(error))
        shutil.rmtree(folder)
    _build(table, folder)


def _build(table: Table, folder: Path) -> None:
    folder.mkdir()
    batches = table.search().select(_COLUMNS).limit(None).to_batches(ROWS_PER_SCAN_BATCH)
    _write(folder, FULLTEXT_BUILD_BYTES, (), batches)


def _update(table: Table, folder: Path, touched: Collection[str]) -> int:
    """Replace what was touched; returns the number of rows then, or -1 where most are deleted ones."""
    _write(folder, FULLTEXT_UPDATE_BYTES, touched, rows_with_ids(table, touched, _COLUMNS))
    segments = json.loads((folder / _META).read_text())["segments"]
    written = sum(segment["max_doc"] for segment in segments)
    deleted = sum(segment["deletes"]["num_deleted_docs"] for segment in segments if segment["deletes"])
    return -1 if deleted > MAX_DELETED_SHARE * written else int(written - deleted)


def _write(folder: Path, memory: int, deleted: Collection[str], batches: Iterator[pa.RecordBatch]) -> None:
    with files_of(folder):
        # One thread, so that the same rows give the same index.
        writer = open_for_writing(folder).writer(memory, 1)
        for chunk in deleted:
            # By query: by term, tantivy 0.27 finds no unsigned number.
            known = tantivy.Query.term_query(fulltext_schema(), ID_FIELD, int(chunk, 16))
            writer.delete_documents_by_query(known)
        for batch in batches:
            columns = batch.to_pydict()
            for values in zip(*(columns[name] for name in _COLUMNS), strict=True):
                writer.add_document(_document(values))
        writer.commit()
        writer.wait_merging_threads()
    # tantivy makes these two readable by their owner alone; a server may run as another user.
    anybody = _mode_of_new_files(folder)
    for name in (_META, _MANAGED):
        (folder / name).chmod(anybody)


def remove_locks(folder: Path) -> None:
    """Take away what tantivy made to lock an index; once nothing opens it any more.

    Not right after writing, because a thread of tantivy's, which nobody can wait for, tidies up for a moment
    longer and makes one again.
    """
    for lock in LOCKS:
        (folder / lock).unlink(missing_ok=True)


def _mode_of_new_files(folder: Path) -> int:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        new = Path(scratch, "new")
        new.touch()
        return stat.S_IMODE(new.stat().st_mode)


def _document(values: tuple[str, ...]) -> tantivy.Document:
    document = tantivy.Document()
    for name, value in zip(_COLUMNS, values, strict=True):
        if name == ID_FIELD:
            document.add_unsigned(name, int(value, 16))
        elif name in TEXT_FIELDS:
            document.add_bytes(name, value.encode())
        else:
            document.add_text(name, value)
    return document
