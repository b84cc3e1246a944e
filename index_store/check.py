"""Whether a published generation is still what was published."""

from __future__ import annotations

from pathlib import Path

import lancedb

from index_store.audit import fulltext_problems, row_problems
from index_store.errors import FormatTooNew, FormatTooOld, GenerationMissing, IndexDamaged
from index_store.generations import (
    FULLTEXT_NAME,
    INVENTORY_NAME,
    TABLE_NAME,
    generation_dir,
    list_generations,
)
from index_store.inventory import read_inventory
from index_store.known import sorted_ids
from index_store.manifest import file_problems, read_manifest


def check(state_dir: Path, generation: int) -> list[str]:
    """Read every byte of a generation and compare; returns the problems, a sentence each, [] if it is whole.

    Finds a flipped bit, a file cut short, missing or extra, and rows that disagree with the inventory.

    Raises:
        GenerationMissing: there is no such generation.
    """
    folder = generation_dir(state_dir, generation)
    if not folder.is_dir():
        known = ", ".join(map(str, list_generations(state_dir))) or "none at all"
        raise GenerationMissing(f"There is no generation {generation}; there is {known}.")
    try:
        manifest = read_manifest(folder)
        problems = file_problems(folder, manifest)
        if problems:
            return problems
        inventory = read_inventory(folder / INVENTORY_NAME)
    except (IndexDamaged, FormatTooNew, FormatTooOld) as error:
        return [str(error)]
    try:
        table = lancedb.connect(str(folder)).open_table(TABLE_NAME)
        rows = table.count_rows()
        problems = row_problems(table, sorted_ids(table), inventory) + fulltext_problems(
            table, folder / FULLTEXT_NAME
        )
    except (OSError, RuntimeError, ValueError) as error:
        return [f"the table cannot be read: {error}"]
    if rows != manifest.chunks:
        problems.append(f"the table has {rows} rows; the manifest says {manifest.chunks}")
    return problems
