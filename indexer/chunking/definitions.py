"""What a file defines: the matches of its query, nested, with the comments that belong to each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from indexer.chunking.bats import test_name
from indexer.chunking.chunk import Kind
from indexer.chunking.docs import plain_doc
from indexer.chunking.source_lines import SourceLines
from indexer.limits import MAX_NAME, MAX_NESTING, MAX_SIGNATURE

if TYPE_CHECKING:
    from tree_sitter import Node

# (row, name) of what has a name and no rows of its own
Names = list[tuple[int, str]]

Match = tuple[int, dict[str, "list[Node]"]]
Marks = dict[str, "list[Node]"]

CLASS_LIKE: Final = frozenset({Kind.CLASS, Kind.INTERFACE, Kind.STRUCT, Kind.ENUM, Kind.TRAIT, Kind.IMPL})
CONTAINERS: Final = CLASS_LIKE | {Kind.NAMESPACE}

_PREFIX: Final = "definition."
_QUOTED: Final = re.compile(r"^([\"'`])(.*)\1$", re.DOTALL)
_GENERICS: Final = re.compile(r"<.*>", re.DOTALL)
_SCOPE: Final = re.compile(r"(?<=\w)::(?=\w)")
_SYMBOL: Final = re.compile(r"^:(?=\w)|(?<=\w):$")
_TRAILING: Final = re.compile(r"(?:[\s{:=,(]|[-=]>)+$")


@dataclass(slots=True)
class Definition:
    """One definition while its file is being cut.

    Bytes count from 0, `end` and `body` as in slices (`body` is `end` where there is none); rows count from
    0, inclusive, and take in the comments and attributes above.
    """

    kind: Kind
    name: str
    receiver: str
    start: int
    end: int
    body: int
    first: int
    last: int
    doc: str = ""
    signature: str = ""
    members: Names = field(default_factory=list)
    children: list[Definition] = field(default_factory=list)

    @property
    def has_body(self) -> bool:
        """Whether it is more than a declaration."""
        return self.body < self.end


def definitions_of(
    matches: Iterable[Match], marks: Marks, lines: SourceLines
) -> tuple[list[Definition], str, Names]:
    """Nest the definitions of a file in source order; also the doc of the file itself, and its own members.

    Of several matches on one node the pattern that stands first in the query counts.
    """
    leading = _Leading(marks, lines)
    found = [_definition(captures, lines, leading) for captures in _first_matches(matches)]
    found.sort(key=lambda definition: (definition.start, -definition.end))
    module_doc = _give_docs(found, marks.get("doc", ()), lines)
    own_members = _give_members(found, marks.get("member", ()), lines)
    return _nest(found), module_doc, own_members


def _first_matches(matches: Iterable[Match]) -> Iterable[dict[str, list[Node]]]:
    best: dict[tuple[int, int], tuple[int, int, dict[str, list[Node]]]] = {}
    for pattern, captures in matches:
        if "name" not in captures:
            continue
        for capture, nodes in captures.items():
            if capture.startswith(_PREFIX):
                key = (nodes[0].start_byte, nodes[0].end_byte)
                rank = (pattern, -len(captures))
                if key not in best or rank < best[key][:2]:
                    best[key] = (*rank, captures)
    # One name names one thing: `const f = () => …` is matched as a whole and by its declarator.
    named: dict[int, tuple[int, int, dict[str, list[Node]]]] = {}
    for match in best.values():
        key_of_name = match[2]["name"][0].start_byte
        if key_of_name not in named or match[:2] < named[key_of_name][:2]:
            named[key_of_name] = match
    return [captures for _, _, captures in named.values()]


def _definition(captures: dict[str, list[Node]], lines: SourceLines, leading: _Leading) -> Definition:
    capture = next(name for name in captures if name.startswith(_PREFIX))
    node = captures[capture][0]
    start, end = node.start_byte, node.end_byte
    bodies = node.children_by_field_name("body") if "bodied" in captures else captures.get("body", ())
    body = bodies[0].start_byte if bodies else end
    if "end" in captures:
        end = max(end, captures["end"][-1].end_byte)
    row = lines.row_of(start)
    first, doc = leading.above(row)
    if "doc" in captures:
        doc = plain_doc(_text(captures["doc"], lines, "\n"))
    return Definition(
        kind=Kind(capture.removeprefix(_PREFIX)),
        name=_name(captures["name"], lines),
        receiver=_GENERICS.sub("", _name(captures["receiver"], lines)) if "receiver" in captures else "",
        start=start,
        end=end,
        body=body,
        first=first,
        last=lines.end_row_of(start, end),
        doc=doc,
        signature=_signature(lines.data, leading.skip(start, body), body),
    )


def _text(nodes: Iterable[Node], lines: SourceLines, joiner: str) -> str:
    parts = dict.fromkeys((node.start_byte, node.end_byte) for node in nodes)
    return joiner.join(lines.data[start:end].decode("utf-8") for start, end in parts)


def _name(nodes: Iterable[Node], lines: SourceLines) -> str:
    spans = dict.fromkeys((node.start_byte, node.end_byte) for node in nodes)
    return ".".join(clean_name(lines.data[start:end].decode("utf-8")) for start, end in spans)[:MAX_NAME]


def clean_name(text: str) -> str:
    """A name as a reader would say it: no quotes, no line breaks, members after dots."""
    unquoted = _QUOTED.sub(r"\2", test_name(text.strip()))
    unquoted = _SYMBOL.sub("", unquoted)
    return _SCOPE.sub(".", " ".join(unquoted.split()))[:MAX_NAME]


def _signature(data: bytes, start: int, body: int) -> str:
    text = " ".join(data[start : min(body, start + 8 * MAX_SIGNATURE)].decode("utf-8", "ignore").split())
    text = _TRAILING.sub("", text)
    return text if len(text) <= MAX_SIGNATURE else text[: MAX_SIGNATURE - 1] + "…"


class _Leading:
    """The comments and attributes of a file, by where they stand."""

    def __init__(self, marks: Marks, lines: SourceLines) -> None:
        self._lines = lines
        self._by_last_row: dict[int, tuple[int, int, bool]] = {}
        self._first_on_row: dict[int, int] = {}
        self._attributes: dict[int, int] = {}
        spans = [
            (node.start_byte, node.end_byte, kind)
            for kind in ("comment", "attribute")
            for node in marks.get(kind, ())
        ]
        for start, end, kind in sorted(spans):
            last = lines.end_row_of(start, end)
            first_on_row = self._by_last_row.get(last)
            is_attribute = kind == "attribute"
            if first_on_row is None or first_on_row[0] > start:
                self._by_last_row[last] = (start, end, is_attribute)
            elif first_on_row[1] < end:
                self._by_last_row[last] = (first_on_row[0], end, is_attribute)
            self._first_on_row.setdefault(lines.row_of(start), start)
            if is_attribute:
                self._attributes[start] = end

    def above(self, row: int) -> tuple[int, str]:
        """The first row of what stands directly above `row` and belongs to it, and its text as a doc."""
        lines, first, docs = self._lines, row, []
        while (span := self._by_last_row.get(first - 1)) is not None:
            start, end, is_attribute = span
            start_row = lines.row_of(start)
            before = lines.data[lines.starts[start_row] : self._first_on_row[start_row]]
            after = lines.data[end : lines.starts[first]]
            if before.strip() or after.strip():
                break
            if not is_attribute:
                docs.append(lines.data[start:end].decode("utf-8"))
            first = start_row
        return first, plain_doc("\n".join(reversed(docs))) if docs else ""

    def skip(self, start: int, end: int) -> int:
        """Where the declaration itself begins, after the attributes at its head."""
        data = self._lines.data
        while start in self._attributes and self._attributes[start] < end:
            start = self._attributes[start]
            while start < end and data[start] in b" \t\r\n\f":
                start += 1
        return start


def _owners(found: list[Definition], nodes: Iterable[Node]) -> Iterable[tuple[Node, Definition | None]]:
    """Each node, in source order, with the innermost definition around it; `found` is sorted by start."""
    open_: list[Definition] = []
    position = 0
    for node in sorted(nodes, key=lambda node: node.start_byte):
        offset = node.start_byte
        while position < len(found) and found[position].start <= offset:
            while open_ and open_[-1].end <= found[position].start:
                open_.pop()
            open_.append(found[position])
            position += 1
        while open_ and open_[-1].end <= offset:
            open_.pop()
        yield node, open_[-1] if open_ else None


def _give_docs(found: list[Definition], docs: Iterable[Node], lines: SourceLines) -> str:
    module_doc = ""
    for node, owner in _owners(found, docs):
        doc = plain_doc(_text([node], lines, "\n"))
        if owner is None:
            module_doc = module_doc or doc
        else:
            owner.doc = doc
    return module_doc


def _give_members(found: list[Definition], members: Iterable[Node], lines: SourceLines) -> Names:
    own_members: Names = []
    for node, owner in _owners(found, members):
        name = _name([node], lines)
        if owner is None or name != owner.name.rpartition(".")[2]:
            listed = own_members if owner is None else owner.members
            listed.append((lines.row_of(node.start_byte), name))
    return own_members


def _nest(found: list[Definition]) -> list[Definition]:
    roots: list[Definition] = []
    open_: list[Definition] = []
    for definition in found:
        while open_ and open_[-1].end <= definition.start:
            open_.pop()
        if len(open_) > MAX_NESTING:
            continue
        (open_[-1].children if open_ else roots).append(definition)
        open_.append(definition)
    return roots


def is_one_clause(earlier: Definition, later: Definition, *, equations: bool) -> bool:
    """Whether `later` goes on with what `earlier` began: an overload after its declaration, an equation."""
    return (
        earlier.name == later.name
        and earlier.receiver == later.receiver
        and earlier.kind == later.kind
        and (equations or not earlier.has_body)
        and re.fullmatch(r"[\w.$?!']+|\W+", later.name) is not None
    )
