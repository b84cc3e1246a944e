"""Whether two generations hold the same chunks, column for column: descriptions, vectors, signs and all."""

from __future__ import annotations

from pathlib import Path

import lancedb
import pyarrow as pa

from index_store.generations import INVENTORY_NAME, TABLE_NAME, current_generation, generation_dir
from index_store.inventory import read_inventory

MOST_NAMED = 5


def differences(one: Path, other: Path) -> list[str]:
    """What differs between the current generations of two state directories, a sentence each."""
    first, second = (_sorted_rows(state) for state in (one, other))
    ids, others = (set(table["id"].to_pylist()) for table in (first, second))
    found = [f"only in {one}: {id_}" for id_ in sorted(ids - others)[:MOST_NAMED]]
    found += [f"only in {other}: {id_}" for id_ in sorted(others - ids)[:MOST_NAMED]]
    if not found:
        found = [f"{name} differs" for name in first.column_names if not first[name].equals(second[name])]
    if _inventory(one) != _inventory(other):
        found.append("the inventories differ")
    return found


def chunks_of(state: Path) -> int:
    """How many chunks the current generation has."""
    return int(_table(state).count_rows())


def _sorted_rows(state: Path) -> pa.Table:
    table: pa.Table = _table(state).to_arrow()
    return table.select(sorted(table.column_names)).sort_by("id").combine_chunks()


def _table(state: Path) -> lancedb.table.Table:
    return lancedb.connect(str(_folder(state))).open_table(TABLE_NAME)


def _inventory(state: Path) -> object:
    return read_inventory(_folder(state) / INVENTORY_NAME)


def _folder(state: Path) -> Path:
    return generation_dir(state, current_generation(state))
