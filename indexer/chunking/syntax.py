"""Cut a file by its syntax: parse, find definitions, tile.

The capture vocabulary of queries/<language>.scm:

    @definition.<kind>  a whole definition; <kind> is a value of `chunk.Kind`. Of several patterns that match
                        one node, the first in the file counts
    @name               its name (same match); several are joined by dots
    @body               its body (same match): the signature is the text before it
    @bodied             instead of @body, the definition once more (same match): its field `body` is its body
    @receiver           a type that qualifies the name without enclosing it (same match)
    @end                a later node the definition reaches to (same match)
    @doc                a docstring, in the match of its definition, or alone somewhere inside it; outside of
                        every definition it is the file's own
    @member             alone: a field, constant or signature that is no definition of its own; the definition
                        around it, or else the chunk that holds its row, is to be found by it
    @call               alone: the callee's name in a call
    @comment            alone: doc material when directly above a definition (node types called comment,
                        line_comment, block_comment, … need no pattern)
    @attribute          alone: belongs to the definition directly below and is left out of its signature
                        (decorator, attribute_item, attribute_list, annotation need no pattern)

A function inside a function is no chunk of its own; a definition inside a class, interface, struct, enum,
trait, impl or namespace is one; inside any other kind only when that is over-long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import QueryCursor

from indexer.chunking.bats import tests_as_functions
from indexer.chunking.chunk import Chunk, Kind
from indexer.chunking.definitions import definitions_of
from indexer.chunking.grammar import grammar_of
from indexer.chunking.languages import is_config
from indexer.chunking.parse import parser_of
from indexer.chunking.recover import around_errors
from indexer.chunking.source_lines import SourceLines
from indexer.chunking.split import statement_cuts
from indexer.chunking.tile import Piece, Tiler
from indexer.limits import MAX_CALLS, MAX_HEAP

if TYPE_CHECKING:
    from tree_sitter import Node

# In these, equations or clauses of one name are one function.
_EQUATIONAL = frozenset({"haskell", "elixir"})

_PREPROCESSED = frozenset({"c", "cpp", "c_sharp"})


class NoStructure(Exception):
    """The parser found a heap of tokens where a file of its language should be."""


def chunk_syntax(text: str, language: str) -> tuple[Chunk, ...] | None:
    """Cut a text by its grammar; None where the language has none.

    A file with syntax errors is cut like any other, as far as its parser finds its way around them.

    Raises:
        ParseTimeout: parsing took too long.
        NoStructure: the text is not of that language at all.
    """
    grammar = grammar_of(language)
    if grammar is None:
        return None
    lines = SourceLines(text)
    data = tests_as_functions(lines.data) if language == "bash" else lines.data
    parse = parser_of(grammar)
    tree = parse(data)
    if _is_a_heap(tree.root_node):
        raise NoStructure(f"over {MAX_HEAP} tokens in a row make no sense in {language}")
    root = around_errors(parse, data, tree, preprocessed=language in _PREPROCESSED).root_node
    marks = QueryCursor(grammar.marks).captures(root)
    matches = QueryCursor(grammar.definitions).matches(root)
    definitions, module_doc, members = definitions_of(matches, marks, lines)
    tiler = Tiler(
        lines,
        lambda first, last: statement_cuts(root, lines, first, last),
        rest=Kind.CONFIG if is_config(language) else Kind.MODULE,
        equations=language in _EQUATIONAL,
    )
    pieces = tiler.tile(definitions, members)
    _give_module_doc(pieces, module_doc)
    return _chunks(pieces, _calls(marks.get("call", [])), lines)


def _is_a_heap(root: Node) -> bool:
    """Whether so many tokens stand side by side in an error that a query, quadratic there, would not end."""
    if not root.has_error:
        return False
    errors = [node for node in (root, *root.children) if node.is_error]
    return any(node.child_count - node.named_child_count > MAX_HEAP for node in errors)


def _give_module_doc(pieces: list[Piece], doc: str) -> None:
    for piece in pieces:
        if doc and piece.kind is Kind.MODULE and not piece.symbol:
            piece.doc = doc
            return


def _calls(nodes: list[Node]) -> list[tuple[int, int]]:
    return sorted((node.start_byte, node.end_byte) for node in nodes)


def _chunks(pieces: list[Piece], calls: list[tuple[int, int]], lines: SourceLines) -> tuple[Chunk, ...]:
    chunks = []
    position = 0
    for piece in pieces:
        end = lines.starts[piece.last + 1]
        called: dict[str, None] = {}
        while position < len(calls) and calls[position][0] < end:
            start, stop = calls[position]
            called[lines.data[start:stop].decode("utf-8")] = None
            position += 1
        chunks.append(
            Chunk(
                kind=piece.kind,
                symbol=piece.symbol,
                signature=piece.signature,
                doc=piece.doc,
                breadcrumb=piece.breadcrumb,
                start_line=piece.first + 1,
                end_line=piece.last + 1,
                text=lines.text(piece.first, piece.last),
                calls=tuple(called)[:MAX_CALLS],
                members=tuple(piece.members),
                defines=() if piece.kind is Kind.CONFIG else tuple(piece.defines),
                part=piece.part,
            )
        )
    return tuple(chunks)
