"""Lay definitions over the rows of a file so that every row that is not blank lies in exactly one piece."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Final

from indexer.chunking.chunk import Kind
from indexer.chunking.definitions import CLASS_LIKE, CONTAINERS, Definition, Names, is_one_clause
from indexer.chunking.source_lines import SourceLines
from indexer.chunking.split import Cuts, is_over_long, split_rows
from indexer.limits import MAX_CLOSERS, MAX_MEMBERS, MIN_GROUPED_LINES, SHORT_CONFIG_LINES, WRAPPER_SHARE

# One row of these is too little to stand alone: it stays with its neighbours, listed among their members.
_SMALL: Final = frozenset({Kind.TYPE, Kind.MACRO, Kind.ELEMENT})

# Short ones of these are read together with their neighbours.
_GROUPED: Final = frozenset({Kind.CONFIG, Kind.RULE, Kind.CONSTANT})

_FUNCTION_LIKE: Final = frozenset({Kind.FUNCTION, Kind.METHOD, Kind.MACRO, Kind.TEST})

_ROW: Final = itemgetter(0)

# A row that only closes or labels what stands around it.
_CLOSER: Final = re.compile(
    rb"[^\w\"']*(?:end|endif|else|public|private|protected|pass|fi|done)?[^\w\"']*(?://.*|/\*.*\*/\s*)?",
    re.ASCII,
)


@dataclass(slots=True)
class Piece:
    """A run of rows that will be a chunk."""

    kind: Kind
    symbol: str
    first: int
    last: int
    signature: str = ""
    doc: str = ""
    breadcrumb: tuple[str, ...] = ()
    members: Sequence[str] = ()
    defines: Sequence[str] = ()
    part: int = 0


@dataclass(frozen=True, slots=True)
class _Scope:
    """What encloses the rows being cut."""

    symbol: str = ""
    breadcrumb: tuple[str, ...] = ()
    class_like: bool = False

    def enter(self, definition: Definition) -> _Scope:
        """The scope inside a definition."""
        name = f"{definition.receiver}.{definition.name}" if definition.receiver else definition.name
        if name == "self" and definition.kind is Kind.CLASS:  # ruby's `class << self`
            return _Scope(self.symbol, self.breadcrumb, class_like=True)
        symbol = f"{self.symbol}.{name}" if self.symbol else name
        return _Scope(symbol, (*self.breadcrumb, name), definition.kind in CLASS_LIKE)


class Tiler:
    """Cuts one file. `cuts_of(first, last)` tells where statements begin in those rows."""

    def __init__(
        self,
        lines: SourceLines,
        cuts_of: Callable[[int, int], Cuts],
        *,
        rest: Kind = Kind.MODULE,
        equations: bool = False,
    ) -> None:
        self._lines = lines
        self._cuts_of = cuts_of
        self._rest = rest
        self._equations = equations
        self.pieces: list[Piece] = []

    def tile(self, roots: Sequence[Definition], members: Names) -> list[Piece]:
        """Cut the whole file, which has some members itself. MAX_NESTING bounds the recursion."""
        names = [*members]
        settled = self._settle(roots, 0, self._lines.last, names)
        self._fill(settled, 0, self._lines.last, _Scope(), names)
        return self.pieces

    def _settle(
        self, children: Sequence[Definition], first: int, last: int, names: Names
    ) -> list[Definition]:
        """The children that get rows of their own, made disjoint; the names of the others, by row."""
        settled: list[Definition] = []
        opening = self._opening(children)
        for child in children:
            previous = settled[-1] if settled else None
            child.last = min(child.last, last)
            if previous and child.first == previous.last and previous.first < previous.last < child.last:
                previous.last -= 1  # "}, next: function() {": the closing brace goes with what it opens
            child.first = max(child.first, previous.last + 1 if previous else first)
            if previous and child.first <= child.last and self._continues(previous, child):
                previous.last = child.last
                previous.children.extend(child.children)
            elif self._stands_alone(child) or (child.start in opening and child.first <= child.last):
                settled.append(child)
            else:
                names += [(child.last, child.name), *child.members]
        names.sort(key=_ROW)
        return settled

    def _stands_alone(self, child: Definition) -> bool:
        if child.first > child.last:
            return False
        if child.kind in _GROUPED and not child.children:
            is_short_file = child.kind is Kind.CONFIG and self._lines.last < SHORT_CONFIG_LINES
            return not is_short_file and child.last - child.first + 1 >= MIN_GROUPED_LINES
        is_declaration = child.kind in _SMALL or not child.has_body
        return child.first < child.last or bool(child.children) or not is_declaration

    def _opening(self, children: Sequence[Definition]) -> set[int]:
        """Where signatures begin that others, or at once what has a body, go on with."""
        opening: set[int] = set()
        for earlier, later in zip(reversed(children[:-1]), reversed(children), strict=False):
            if (later.has_body or later.start in opening) and self._continues(earlier, later):
                opening.add(earlier.start)
        return opening

    def _continues(self, earlier: Definition, later: Definition) -> bool:
        between = range(earlier.last + 1, later.first)
        return is_one_clause(earlier, later, equations=self._equations) and all(
            map(self._lines.is_blank, between)
        )

    def _fill(
        self, settled: Sequence[Definition], first: int, last: int, scope: _Scope, names: Names
    ) -> None:
        """Cover the rows `first` to `last` with the settled definitions and with what stands between them."""
        for child in settled:
            self._gap(first, child.first - 1, scope, names)
            self._define(child, scope, names)
            first = child.last + 1
        self._gap(first, last, scope, names)

    def _gap(self, first: int, last: int, scope: _Scope, names: Names) -> None:
        first, last = self._lines.trim(first, last)
        if first > last:
            return
        rows = self._lines.rows[first : last + 1]
        if self.pieces and len(rows) <= MAX_CLOSERS and all(_CLOSER.fullmatch(row) for row in rows):
            self.pieces[-1].last = last
        else:
            self._emit(Piece(self._rest, scope.symbol, first, last, breadcrumb=scope.breadcrumb), names)

    def _define(self, definition: Definition, scope: _Scope, outer_names: Names) -> None:
        inner = scope.enter(definition)
        is_method = definition.kind is Kind.FUNCTION and (scope.class_like or definition.receiver != "")
        piece = Piece(
            kind=Kind.METHOD if is_method else definition.kind,
            symbol=inner.symbol,
            first=definition.first,
            last=definition.last,
            signature=definition.signature,
            doc=definition.doc,
            breadcrumb=scope.breadcrumb,
            members=[name for _, name in definition.members] + [child.name for child in definition.children],
        )
        names = [*definition.members]
        if not self._is_opened(definition):
            names += [(child.last, child.name) for child in definition.children]
            self._emit(piece, outer_names, sorted(names, key=_ROW))
            return
        after_header = self._lines.row_of(definition.start) + 1
        settled = self._settle(definition.children, after_header, definition.last, names)
        if not settled:
            self._emit(piece, outer_names, names)
            return
        _, piece.last = self._lines.trim(piece.first, settled[0].first - 1)
        self._emit(piece, outer_names, names)
        self._fill(settled, settled[0].first, definition.last, inner, names)

    def _is_opened(self, definition: Definition) -> bool:
        """Whether the definitions inside get chunks of their own."""
        if not definition.children or definition.kind in CONTAINERS:
            return bool(definition.children)
        if not is_over_long(self._lines, definition.first, definition.last):
            return False
        inner = sum(child.last - child.first + 1 for child in definition.children)
        is_wrapper = inner >= WRAPPER_SHARE * (definition.last - definition.first + 1)
        return is_wrapper or definition.kind not in _FUNCTION_LIKE

    def _emit(self, piece: Piece, *names: Names) -> None:
        first, last, members, doc = piece.first, piece.last, piece.members, piece.doc
        runs: Iterable[tuple[int, int]] = [(first, last)]
        if is_over_long(self._lines, first, last):
            runs = split_rows(self._lines, first, last, self._cuts_of(first, last))
        for part, (run_first, run_last) in enumerate(runs):
            defines = [name for some in names for name in _on_rows(some, run_first, run_last)]
            whole = dict.fromkeys((*(members if part == 0 else ()), *defines))
            self.pieces.append(
                replace(
                    piece,
                    first=run_first,
                    last=run_last,
                    doc=doc if part == 0 else "",
                    members=tuple(whole)[:MAX_MEMBERS],
                    defines=tuple(dict.fromkeys(defines))[:MAX_MEMBERS],
                    part=part,
                )
            )


def _on_rows(names: Names, first: int, last: int) -> list[str]:
    """Those of sorted names that stand on some rows, in order."""
    start, stop = (bisect_left(names, row, key=_ROW) for row in (first, last + 1))
    return [name for _, name in names[start:stop]]
