"""Brings the full-text index of a generation up to date with its table: by what changed, or anew."""

from __future__ import annotations

import json
import shutil
import stat
import tempfile
from collections.abc import Collection, Iterable
from contextlib import suppress
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


class FulltextBuild:
    """A full-text index that is built while its table is, by a thread of tantivy's.

    Finish it, or abandon it before its folder goes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        with files_of(folder):
            # One thread, so that the same rows give the same index.
            self._writer = open_for_writing(folder).writer(FULLTEXT_BUILD_BYTES, 1)

    def add(self, rows: Iterable[pa.RecordBatch]) -> None:
        """Add rows that have the columns of the index, and maybe others.

        A few thousand at a time: of more than 10,000 that its thread has not taken, tantivy waits for some to
        go, and holds the interpreter's lock meanwhile.
        """
        with files_of(self._folder):
            for batch in rows:
                _add(self._writer, batch)

    def finish(self) -> None:
        """Write what was added."""
        with files_of(self._folder):
            self._writer.commit()
            self._writer.wait_merging_threads()
        _let_others_read(self._folder)

    def abandon(self) -> None:
        """Write nothing more, so that the folder can be deleted; whatever fails meanwhile."""
        with suppress(OSError, RuntimeError), files_of(self._folder):  # the latter once it has finished
            self._writer.rollback()
            self._writer.wait_merging_threads()


def _build(table: Table, folder: Path) -> None:
    build = FulltextBuild(folder)
    build.add(table.search().select(_COLUMNS).limit(None).to_batches(ROWS_PER_SCAN_BATCH))
    build.finish()


def _update(table: Table, folder: Path, touched: Collection[str]) -> int:
    """Replace what was touched; returns the number of rows then, or -1 where most are deleted ones."""
    with files_of(folder):
        writer = open_for_writing(folder).writer(FULLTEXT_UPDATE_BYTES, 1)
        for chunk in touched:
            # By query: by term, tantivy 0.27 finds no unsigned number.
            known = tantivy.Query.term_query(fulltext_schema(), ID_FIELD, int(chunk, 16))
            writer.delete_documents_by_query(known)
        for batch in rows_with_ids(table, touched, _COLUMNS):
            _add(writer, batch)
        writer.commit()
        writer.wait_merging_threads()
    _let_others_read(folder)
    segments = json.loads((folder / _META).read_text())["segments"]
    written = sum(segment["max_doc"] for segment in segments)
    deleted = sum(segment["deletes"]["num_deleted_docs"] for segment in segments if segment["deletes"])
    return -1 if deleted > MAX_DELETED_SHARE * written else int(written - deleted)


def _add(writer: tantivy.IndexWriter, batch: pa.RecordBatch) -> None:
    columns = batch.select(_COLUMNS).to_pydict()
    for values in zip(*(columns[name] for name in _COLUMNS), strict=True):
        writer.add_document(_document(values))


def _let_others_read(folder: Path) -> None:
    """Tantivy makes these two readable by their owner alone; a server may run as another user."""
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
