"""Whether the rows of a table are the ones its inventory promises, and can be found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from index_store.columns import SIGN_COLUMNS, as_matrix
from index_store.fulltext import TEXT_FIELDS, FullText
from index_store.limits import MAX_LISTED_PROBLEMS
from index_store.sign_codes import sign_codes
from index_store.table import whole_columns

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from lancedb.table import Table
    from numpy.typing import NDArray

    from index_store.inventory import Inventory

_FILE = ["repo", "path"]


def row_problems(table: Table, ids: NDArray[np.uint64], inventory: Inventory) -> list[str]:
    """What disagrees between a table, its ids, sorted, and an inventory: a sentence each, at most so many."""
    rows = whole_columns(table, _FILE)
    duplicates = int((ids[1:] == ids[:-1]).sum())
    problems = [f"{duplicates} rows repeat the id of another one"] if duplicates else []
    stored = rows.group_by(_FILE).aggregate([([], "count_all")]).rename_columns([*_FILE, "found"])
    promised = inventory.as_table().select([*_FILE, "chunks"]).filter(pc.field("chunks") > 0)
    both = stored.join(promised, _FILE, join_type="full outer")
    found, expected = pc.fill_null(both["found"], 0), pc.fill_null(both["chunks"], 0)
    both = both.set_column(2, "found", found).set_column(3, "chunks", expected)
    differing = both.filter(pc.not_equal(found, expected)).sort_by([(name, "ascending") for name in _FILE])
    told = "{repo}/{path} has {found} chunks; the inventory says {chunks}"
    problems += [told.format(**row) for row in differing.slice(0, MAX_LISTED_PROBLEMS).to_pylist()]
    return problems[:MAX_LISTED_PROBLEMS]


def sign_problems(table: Table) -> list[str]:
    """Which signs of a row are not those of its vectors, one row of each column being looked at.

    It is looked for by its signs: by their being there, vectors would be read by the thousand.
    """
    problems = []
    for column, signs in SIGN_COLUMNS.items():
        sample = table.search().where(f"{signs} IS NOT NULL").select([column, signs]).limit(1).to_arrow()
        if len(sample):
            vector = as_matrix(sample[column].combine_chunks())
            if sample[signs][0].as_py() != sign_codes(vector)[0].tobytes():
                problems.append(f"{signs} of a row are not the signs of its {column}")
        elif table.count_rows(f"{column} IS NOT NULL"):
            problems.append(f"no row has {signs}, though some have {column}")
    return problems


def fulltext_problems(table: Table, folder: Path) -> list[str]:
    """Whether the full-text index in a folder holds as many chunks as a table, and one of them as it is."""
    rows = table.count_rows()
    try:
        fulltext = FullText(folder)
        if len(fulltext) != rows:
            return [f"the full-text index holds {len(fulltext)} chunks; the table has {rows} rows"]
        for row in table.search().select(["id", *TEXT_FIELDS]).limit(1).to_list():
            if fulltext.texts([int(row["id"], 16)]) != [{name: row[name] for name in TEXT_FIELDS}]:
                return [f"the full-text index holds other texts of {row['id']} than the table"]
    except OSError as error:
        return [f"the full-text index cannot be read: {error}"]
    return []
