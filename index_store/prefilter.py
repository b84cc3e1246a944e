"""A `Filter` as a LanceDB expression, as rows, and as values. These never become part of a SQL string."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import TYPE_CHECKING

import numpy as np
from lancedb.expr import Expr, col
from numpy.typing import NDArray

from index_store.limits import FILTERS_REMEMBERED

if TYPE_CHECKING:
    from index_store.catalogue import Catalogue, TextColumn
    from index_store.filters import Filter


class NothingPasses(Exception):
    """No row can pass the filter; there is nothing to ask the store."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """One column that a filter narrows, and which of its distinct values pass, in their order."""

    name: str
    column: TextColumn
    passing: NDArray[np.bool_]

    def named(self) -> tuple[list[str], bool]:
        """The values that pass and True, or those that do not and False: whichever are fewer."""
        few = bool(self.passing.sum() * 2 <= len(self.passing))
        wanted = self.passing if few else ~self.passing
        values = self.column.distinct()
        return [values[code] for code in np.flatnonzero(wanted).tolist()], few


class Prefilter:
    """Turns filters into what each search understands, over one generation's values. Thread-safe.

    Every field is resolved against the values that exist, so that path patterns mean the same everywhere as
    in `Filter.admits`, and a field that resolves to nothing can only mean no rows.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        # Resolving path patterns costs some microseconds a path; callers page through one filter.
        self._remembered = lru_cache(maxsize=FILTERS_REMEMBERED)(self._resolve)

    async def expression(self, where: Filter) -> Expr | None:
        """The expression that exactly the rows of a filter pass; None where all do.

        Raises:
            NothingPasses: no row can.
        """
        _, expression = await self._resolved(where)
        return expression

    async def narrowed(self, where: Filter) -> tuple[Narrowed, ...]:
        """The columns that a filter narrows; none where all rows pass.

        Raises:
            NothingPasses: no row can.
        """
        fields, _ = await self._resolved(where)
        return fields

    async def rows(self, where: Filter) -> NDArray[np.int64] | None:
        """The rows of the catalogue that pass, in order; None where all do.

        Raises:
            NothingPasses: no row can.
        """
        fields, _ = await self._resolved(where)
        if not fields:
            return None
        return np.flatnonzero(np.logical_and.reduce([field.passing[field.column.codes] for field in fields]))

    async def _resolved(self, where: Filter) -> tuple[tuple[Narrowed, ...], Expr | None]:
        if where.paths or where.not_paths:
            fields, expression = await asyncio.to_thread(self._remembered, where)
        else:
            fields, expression = self._remembered(where)
        if not all(field.passing.any() for field in fields):
            raise NothingPasses
        return fields, expression

    def _resolve(self, where: Filter) -> tuple[tuple[Narrowed, ...], Expr | None]:
        known = self._catalogue
        fields: list[Narrowed] = []

        def narrow(name: str, column: TextColumn, passes: Callable[[str], bool]) -> None:
            passing = np.fromiter(map(passes, column.distinct()), bool)
            if not passing.all():
                fields.append(Narrowed(name, column, passing))

        allowed = where.allowed_repos(known.repos)
        if allowed is not None:
            narrow("repo", known.repo, frozenset(allowed).__contains__)
        if where.languages:
            narrow("language", known.language, where.languages.__contains__)
        if where.kinds:
            narrow("kind", known.kind, where.kinds.__contains__)
        if where.paths or where.not_paths:
            narrow("path", known.path, where.allows_path)
        parts = [_one_of(field) for field in fields if field.passing.any()]
        return tuple(fields), reduce(lambda left, right: left & right, parts) if parts else None


def _one_of(field: Narrowed) -> Expr:
    values, are_meant = field.named()
    named = col(field.name).isin(values)
    return named if are_meant else ~named
