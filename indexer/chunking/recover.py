"""Parse around what a grammar cannot read, so that one unknown construct does not cost a whole file.

A parser that meets syntax it does not know (a newer version of the language, a macro) may give up everything
around it: a class, or all of the file. Blanking the block that holds it, byte for byte, leaves every other
definition where it stands. Blocks are told by indentation, which people keep to where grammars fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from indexer.chunking.parse import Parse, ParseTimeout
from indexer.limits import MAX_ERROR_ROWS, MAX_REPARSES

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

# Rows first to last, inclusive.
_Block = tuple[int, int]

# Rows whose indentation says nothing: blank ones, a preprocessor's, and those inside a comment.
_SHAPELESS = re.compile(rb"$|#|//|\*(?:[\s*/]|$)")

_CONDITIONAL = re.compile(rb"\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b(.*)")

# What follows a row that ends so is the rest of it.
_UNFINISHED = (b"=", b"<", b",", b"|", b"&", b"+", b"?", b"->", b"(", b"[")

_OPENING = b"([{"
_CLOSING = b")]}"


def around_errors(parse: Parse, data: bytes, tree: Tree, *, preprocessed: bool = False) -> Tree:
    """The tree of a text, or where whole blocks are lost in it, one that loses fewer.

    Tried in turn: without the innermost blocks that fail; with one branch of every `#if`, since branches that
    each open a bracket are no tree (`preprocessed` languages only). Offsets are those of `data`. It costs
    nothing where nothing is lost, otherwise MAX_REPARSES a try in the time that `parse` has left.
    """
    best, fewest = tree, _lost_rows(tree.root_node)
    unread = fewest
    rows = data.split(b"\n")
    searches = [_Search(parse, rows, {frozenset(): fewest})] if fewest else []
    if fewest and preprocessed:
        searches.append(_Search(parse, _one_branch(rows)))
    try:
        for search in searches:
            if not unread:
                break
            culprits = search.culprits((0, len(rows) - 1))
            unread = search.lost_rows(culprits)
            # A blank row is as lost as one in an error.
            lost = unread + sum(last - first + 1 for first, last in culprits)
            if lost < fewest:
                best, fewest = parse(search.without(culprits)), lost
    except ParseTimeout:
        pass
    return best


def _one_branch(rows: Sequence[bytes]) -> list[bytes]:
    """The rows with all but the first branch of every conditional blank; after `#if 0` it is the second."""
    kept: list[bytes] = []
    # For each open conditional: whether its branch is taken, and whether one was.
    open_: list[tuple[bool, bool]] = []
    for row in rows:
        match = _CONDITIONAL.match(row)
        if match is None:
            kept.append(row if all(taken for taken, _ in open_) else b" " * len(row))
            continue
        kept.append(b" " * len(row))
        if match[1].startswith(b"if"):
            taken = match[2].strip() != b"0"
            open_.append((taken, taken))
        elif open_ and match[1] == b"endif":
            open_.pop()
        elif open_:
            _, was_taken = open_.pop()
            open_.append((not was_taken, True))
    return kept


def _lost_rows(root: Node) -> int:
    """Rows in errors of more than MAX_ERROR_ROWS; in shorter ones the parser has found its way again."""
    spans = (error.end_point.row - error.start_point.row for error in _errors(root))
    return sum(span for span in spans if span > MAX_ERROR_ROWS)


def _errors(root: Node) -> Iterator[Node]:
    """The outermost errors."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_error:
            yield node
        elif node.has_error:
            waiting.extend(node.children)


@dataclass
class _Search:
    """Looks for the innermost blocks without which a text parses.

    `known` remembers how many rows are lost without some blocks: half of a search asks what is known.
    """

    parse: Parse
    rows: list[bytes]
    known: dict[frozenset[_Block], int] = field(default_factory=dict)
    tries_left: int = MAX_REPARSES

    def culprits(self, part: _Block, outside: Sequence[_Block] = ()) -> list[_Block]:
        """The blocks inside some rows that must be blank for them to parse; [] where none would help.

        What is `outside` stays blank meanwhile; the rest of the text does not, so that the rows are parsed
        where they stand, in their class.
        """
        blocks = self._blocks(part)
        if not blocks or self._fails([*outside, *blocks]):
            return []
        return self._among(blocks, outside)

    def _among(self, suspects: Sequence[_Block], outside: Sequence[_Block]) -> list[_Block]:
        """What must be blank of some blocks, found by halves; with all of them blank the text parses."""
        if not self._fails(outside):
            return []
        if len(suspects) == 1:
            return self.culprits(suspects[0], outside) or [suspects[0]]
        middle = len(suspects) // 2
        earlier, later = suspects[:middle], suspects[middle:]
        found = self._among(earlier, [*outside, *later])
        return found + self._among(later, [*outside, *found])

    def _fails(self, blank: Sequence[_Block]) -> bool:
        if not self.tries_left:
            return True
        self.tries_left -= 1
        try:
            return bool(self.lost_rows(blank))
        except ParseTimeout:
            self.tries_left = 0
            return True

    def lost_rows(self, blank: Iterable[_Block]) -> int:
        """Rows that are lost while some blocks are blank."""
        blocks = frozenset(blank)
        if blocks not in self.known:
            self.known[blocks] = _lost_rows(self.parse(self.without(blocks)).root_node)
        return self.known[blocks]

    def without(self, blocks: Iterable[_Block]) -> bytes:
        """The text with some blocks blank, every other byte in its place."""
        rows = list(self.rows)
        for first, last in blocks:
            rows[first : last + 1] = [b" " * len(row) for row in rows[first : last + 1]]
        return b"\n".join(rows)

    def _blocks(self, part: _Block) -> list[_Block]:
        """The runs of rows further in than the others, where brackets enclose them or are even."""
        first, last = part
        depths = [self._depth(row) for row in range(first, last + 1)]
        outer = min((depth for depth in depths if depth is not None), default=0)
        blocks: list[_Block] = []
        above = first - 1
        for row, depth in enumerate([*depths, outer], start=first):
            if depth == outer:
                inside = any(between is not None for between in depths[above - first + 1 : row - first])
                if inside and (self._is_enclosed(above, row) or self._is_complete(above, row - 1)):
                    blocks.append((above + 1, row - 1))
                above = row
        return blocks

    def _depth(self, row: int) -> int | None:
        """How far in a row begins; None where that means nothing: blanks, comments, preprocessor lines."""
        text = self.rows[row].expandtabs(4)
        inner = text.lstrip()
        return None if _SHAPELESS.match(inner) else len(text) - len(inner)

    def _is_enclosed(self, above: int, below: int) -> bool:
        opens = above >= 0 and self.rows[above].rstrip().endswith((b"(", b"[", b"{"))
        return opens and below < len(self.rows) and self.rows[below].lstrip().startswith((b")", b"]", b"}"))

    def _is_complete(self, above: int, last: int) -> bool:
        if above >= 0 and self.rows[above].rstrip().endswith(_UNFINISHED):
            return False
        text = b"".join(self.rows[above + 1 : last + 1])
        return all(text.count(o) == text.count(c) for o, c in zip(_OPENING, _CLOSING, strict=True))
