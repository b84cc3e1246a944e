"""The definitions of a file, each inside the one that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index_store.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Entry:
    """One definition: its own name, how many others it is inside of, and the line it begins at."""

    symbol: str
    name: str
    kind: str
    line: int
    depth: int


def outline(catalogue: Catalogue, repo: str, path: str) -> list[Entry]:
    """Every definition of a file, long ones that were cut in parts once, in the order of their lines."""
    entries: list[Entry] = []
    depths: dict[str, int] = {}
    for row in catalogue.by_path(repo, path):
        symbol = catalogue.symbol[row]
        if not symbol or catalogue.part[row]:
            continue
        around = symbol.rpartition(".")[0]
        while around and around not in depths:
            around = around.rpartition(".")[0]
        depth = depths[around] + 1 if around else 0
        name = symbol[len(around) + 1 :] if around else symbol
        depths.setdefault(symbol, depth)
        entries.append(Entry(symbol, name, catalogue.kind[row], catalogue.start_line[row], depth))
    return entries
