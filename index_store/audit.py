"""Whether the rows of a table are the ones its inventory promises, and can be found."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from index_store.columns import SIGN_COLUMNS, as_matrix
from index_store.fulltext import TEXT_FIELDS, FullText
from index_store.limits import MAX_LISTED_PROBLEMS
from index_store.sign_codes import sign_codes

if TYPE_CHECKING:
    from pathlib import Path

    from lancedb.table import Table

    from index_store.inventory import Inventory


def row_problems(table: Table, inventory: Inventory) -> list[str]:
    """What disagrees between table and inventory, one sentence each, at most MAX_LISTED_PROBLEMS."""
    rows = table.search().select(["id", "repo", "path"]).limit(None).to_arrow()
    problems = []
    duplicates = len(rows) - pc.count_distinct(rows["id"]).as_py()
    if duplicates:
        problems.append(f"{duplicates} rows repeat the id of another one")
    counted = rows.group_by(["repo", "path"]).aggregate([([], "count_all")])
    stored = Counter(
        dict(
            zip(
                zip(counted["repo"].to_pylist(), counted["path"].to_pylist(), strict=True),
                counted["count_all"].to_pylist(),
                strict=True,
            )
        )
    )
    promised = Counter(
        {
            (row.repo, row.path): row.chunks
            for files in inventory.values()
            for row in files.values()
            if row.chunks
        }
    )
    for repo, path in sorted(stored.keys() | promised.keys()):
        found, expected = stored[repo, path], promised[repo, path]
        if found != expected:
            problems.append(f"{repo}/{path} has {found} chunks; the inventory says {expected}")
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
