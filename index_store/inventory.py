"""The files a generation knows, chunked or skipped, by repository and path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import fields
from operator import itemgetter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from index_store.errors import IndexDamaged
from index_store.schema import FileRow

_SCHEMA = pa.schema(
    [(f.name, pa.int64() if f.name in {"size", "chunks"} else pa.string()) for f in fields(FileRow)]
)


class Inventory(MutableMapping[str, dict[str, FileRow]]):
    """The files of each repository, by path; as rows from when a repository is first asked for."""

    def __init__(self, files: Mapping[str, dict[str, FileRow] | pa.Table] | None = None) -> None:
        self._files = dict(files or {})

    def __getitem__(self, repo: str) -> dict[str, FileRow]:
        files = self._files[repo]
        if isinstance(files, pa.Table):
            columns = files.to_pydict()
            rows = (
                FileRow(*values) for values in zip(*(columns[name] for name in _SCHEMA.names), strict=True)
            )
            files = self._files[repo] = {row.path: row for row in rows}
        return files

    def __setitem__(self, repo: str, files: dict[str, FileRow]) -> None:
        self._files[repo] = files

    def __delitem__(self, repo: str) -> None:
        del self._files[repo]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def copy(self) -> Inventory:
        """Another one of the same files, which may change by itself."""
        return Inventory(self._files)

    def as_table(self) -> pa.Table:
        """All files, by repository and path; columns as the fields of `FileRow`."""
        files = (_table(files) for _, files in sorted(self._files.items(), key=itemgetter(0)))
        return pa.concat_tables([_SCHEMA.empty_table(), *files])


def _table(files: dict[str, FileRow] | pa.Table) -> pa.Table:
    if isinstance(files, pa.Table):
        return files
    rows = [row for _, row in sorted(files.items())]
    return pa.table({name: [getattr(row, name) for row in rows] for name in _SCHEMA.names}, schema=_SCHEMA)


def write_inventory(path: Path, inventory: Inventory) -> None:
    """Write the inventory as one Parquet file."""
    pq.write_table(inventory.as_table().combine_chunks(), path, compression="zstd")


def read_inventory(path: Path) -> Inventory:
    """Read an inventory back.

    Raises:
        IndexDamaged: it is missing or unreadable.
    """
    try:
        files = pq.read_table(path, schema=_SCHEMA, memory_map=False)
    except (OSError, pa.ArrowException) as error:
        raise IndexDamaged(f"Cannot read {path}: {error}; run `nightdex rollback`.") from error
    runs = pc.run_end_encode(files["repo"].combine_chunks())
    ends = runs.run_ends.to_pylist()
    starts = [0, *ends][:-1]
    return Inventory(
        {
            repo: files.slice(start, end - start)
            for repo, start, end in zip(runs.values.to_pylist(), starts, ends, strict=True)
        }
    )
