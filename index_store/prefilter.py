"""A `Filter` as a LanceDB expression. Values never become part of a SQL string."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from functools import lru_cache, reduce
from typing import TYPE_CHECKING, Protocol

from lancedb.expr import Expr, col, lit

from index_store.limits import FILTERS_REMEMBERED

if TYPE_CHECKING:
    from index_store.filters import Filter


class _Known(Protocol):
    """The distinct values of a generation's columns."""

    @property
    def repos(self) -> Sequence[str]: ...
    @property
    def languages(self) -> Sequence[str]: ...
    @property
    def kinds(self) -> Sequence[str]: ...
    @property
    def paths(self) -> Sequence[str]: ...


class NothingPasses(Exception):
    """No row can pass the filter; there is nothing to ask the store."""


NOTHING = lit(False)  # noqa: FBT003 - the literal itself


class Prefilter:
    """Turns filters into expressions over one generation's values. Thread-safe."""

    def __init__(self, known: _Known) -> None:
        self._known = known
        # Resolving path patterns costs some microseconds a path; callers page through one filter.
        self._remembered = lru_cache(maxsize=FILTERS_REMEMBERED)(self._build)

    async def expression(self, where: Filter) -> Expr | None:
        """The expression that exactly the rows of a filter pass; None where all do.

        Every field is resolved against the values that exist, so that path patterns mean the same here as in
        `Filter.admits`, and a field that resolves to nothing can only mean no rows.

        Raises:
            NothingPasses: no row can.
        """
        if where.paths or where.not_paths:
            found = await asyncio.to_thread(self._remembered, where)
        else:
            found = self._remembered(where)
        if found is NOTHING:
            raise NothingPasses
        return found

    def _build(self, where: Filter) -> Expr | None:
        known = self._known
        wanted: list[tuple[str, Collection[str] | None, Sequence[str]]] = [
            ("repo", where.allowed_repos(known.repos), known.repos),
            ("language", _named(where.languages, known.languages), known.languages),
            ("kind", _named(where.kinds, known.kinds), known.kinds),
        ]
        if where.paths or where.not_paths:
            wanted.append(("path", [path for path in known.paths if where.allows_path(path)], known.paths))
        if any(values is not None and not values for _, values, _ in wanted):
            return NOTHING
        parts = [
            _one_of(column, values, existing)
            for column, values, existing in wanted
            if values is not None and len(values) < len(existing)
        ]
        return reduce(lambda left, right: left & right, parts) if parts else None


def _named(names: Sequence[str], known: Sequence[str]) -> list[str] | None:
    return [name for name in known if name in names] if names else None


def _one_of(column: str, values: Collection[str], existing: Sequence[str]) -> Expr:
    """Name the values wanted or the values not wanted, whichever are fewer."""
    if len(values) * 2 <= len(existing):
        return col(column).isin(list(values))
    present = set(values)
    return ~col(column).isin([value for value in existing if value not in present])
