"""What code is to be like: a chunk of the index, by its id or by a line of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from search_api.errors import ChunkNotFound, PlaceInvalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from index_store.catalogue import Catalogue
    from search_api.query import Query

_ID = re.compile("[0-9a-f]{16}")
_PLACE = re.compile(r"(?P<repo>[^:]+):(?P<path>.+):(?P<line>[1-9][0-9]{0,8})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Like:
    """Look for chunks like one that is indexed.

    Attributes:
        query: filters and limits; its text names the chunk: an id, or repo:path:line.
    """

    query: Query

    def find(self, catalogue: Catalogue, may_see: Callable[[int], bool]) -> int:
        """The row meant.

        Raises:
            ChunkNotFound: there is none, or the caller may not see it, which must not be told apart.
            PlaceInvalid: the text is neither an id nor a place.
        """
        name = self.query.text
        if _ID.fullmatch(name):
            row = catalogue.by_id(name)
        elif place := _PLACE.fullmatch(name):
            rows = catalogue.by_path(place["repo"], place["path"])
            row = covering(catalogue, rows, int(place["line"]))
        else:
            raise PlaceInvalid(f"{name[:80]!a} is neither the id of a hit nor repo:path:line.")
        if row is None or not may_see(row):
            raise ChunkNotFound(f"Nothing is indexed at {name[:200]!a}; take repo, path and line from a hit.")
        return row

    def with_text(self, text: str) -> Query:
        """The query for what is like a text."""
        return replace(self.query, text=text, mode_reason=f"like {self.query.text}")


def covering(catalogue: Catalogue, file: range, line: int) -> int | None:
    """The row of the smallest chunk of a file that holds a line."""
    rows = [row for row in file if catalogue.start_line[row] <= line <= catalogue.end_line[row]]
    return min(rows, key=lambda row: catalogue.end_line[row] - catalogue.start_line[row], default=None)
