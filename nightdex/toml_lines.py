"""Where each key of a TOML document stands, so that an error can name its line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

# ("repo", 1, "branch") is `branch` in the second [[repo]].
KeyPath = tuple[str | int, ...]


def lines_of(text: str) -> Mapping[KeyPath, int]:
    """Map every table, array item and key of a valid TOML document to its line, counted from 1.

    tomllib reads the values and keeps no positions; the grammar has nothing but positions.
    """
    tree = Parser(Language(tree_sitter_toml.language())).parse(text.encode())
    lines: dict[KeyPath, int] = {}
    items: dict[KeyPath, int] = {}
    for node in tree.root_node.named_children:
        if node.type == "pair":
            _note_pair(node, (), lines)
        elif node.type in {"table", "table_array_element"}:
            appends = node.type == "table_array_element"
            path = _resolve(_key(node.named_children[0]), items, appends=appends)
            if appends:
                lines.setdefault(path[:-1], _line(node))
            lines.setdefault(path, _line(node))
            for pair in _pairs(node):
                _note_pair(pair, path, lines)
    return lines


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """Return the line of a key, or of the nearest table around it that has one."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _resolve(key: tuple[str, ...], items: dict[KeyPath, int], *, appends: bool) -> KeyPath:
    """Turn a header's key into a path: a name that is an array of tables means its last item."""
    path: KeyPath = ()
    for depth, part in enumerate(key, 1):
        path = (*path, part)
        if appends and depth == len(key):
            items[path] = items.get(path, -1) + 1
        if path in items:
            path = (*path, items[path])
    return path


def _note_pair(pair: Node, parent: KeyPath, lines: dict[KeyPath, int]) -> None:
    key, value = pair.named_children[:2]
    path = parent
    for part in _key(key):
        path = (*path, part)
        lines.setdefault(path, _line(pair))
    _note_value(value, path, lines)


def _note_value(value: Node, path: KeyPath, lines: dict[KeyPath, int]) -> None:
    if value.type == "inline_table":
        for pair in _pairs(value):
            _note_pair(pair, path, lines)
    elif value.type == "array":
        elements = (child for child in value.named_children if child.type != "comment")
        for index, element in enumerate(elements):
            lines[*path, index] = _line(element)
            _note_value(element, (*path, index), lines)


def _pairs(node: Node) -> Iterator[Node]:
    return (child for child in node.named_children if child.type == "pair")


def _key(node: Node) -> tuple[str, ...]:
    """The parts of a bare, quoted or dotted key, as TOML itself reads them."""
    parts: list[str] = []
    value: object = tomllib.loads(f"{(node.text or b'').decode()} = 0")
    while isinstance(value, dict):
        (part, value), *_ = value.items()
        parts.append(part)
    return tuple(parts)


def _line(node: Node) -> int:
    return node.start_point.row + 1
