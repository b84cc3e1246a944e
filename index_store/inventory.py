"""The files a generation knows, chunked or skipped, by repository and path."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from index_store.errors import IndexDamaged
from index_store.schema import FileRow

Inventory = dict[str, dict[str, FileRow]]

_SCHEMA = pa.schema(
    [(f.name, pa.int64() if f.name in {"size", "chunks"} else pa.string()) for f in fields(FileRow)]
)


def write_inventory(path: Path, inventory: Inventory) -> None:
    """Write the inventory as one Parquet file."""
    rows = [row for _, files in sorted(inventory.items()) for _, row in sorted(files.items())]
    columns = {name: [getattr(row, name) for row in rows] for name in _SCHEMA.names}
    pq.write_table(pa.table(columns, schema=_SCHEMA), path, compression="zstd")


def read_inventory(path: Path) -> Inventory:
    """Read an inventory back.

    Raises:
        IndexDamaged: it is missing or unreadable.
    """
    try:
        columns = pq.read_table(path, schema=_SCHEMA, memory_map=False).to_pydict()
    except (OSError, pa.ArrowException) as error:
        raise IndexDamaged(f"Cannot read {path}: {error}; run `nightdex rollback`.") from error
    inventory: Inventory = {}
    for values in zip(*(columns[name] for name in _SCHEMA.names), strict=True):
        row = FileRow(*values)
        inventory.setdefault(row.repo, {})[row.path] = row
    return inventory
