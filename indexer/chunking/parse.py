"""A tree-sitter parser that stops in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tree_sitter import Parser

from indexer.limits import PARSE_SECONDS, READ_BLOCK

if TYPE_CHECKING:
    from tree_sitter import Tree

    from indexer.chunking.grammar import Grammar

Parse = Callable[[bytes], "Tree"]


class ParseTimeout(Exception):
    """A file took its parser longer than PARSE_SECONDS of CPU time."""


def parser_of(grammar: Grammar) -> Parse:
    """What parses the texts of one file, for PARSE_SECONDS of CPU time from now; ParseTimeout after that."""
    limit = time.thread_time() + PARSE_SECONDS

    # Only the read-callback form honours the progress callback; the query's own (tree-sitter 0.26.1) crashes.
    def parse(data: bytes) -> Tree:
        try:
            return Parser(grammar.language).parse(
                lambda offset, _: data[offset : offset + READ_BLOCK],
                progress_callback=lambda _offset, _has_error: time.thread_time() > limit,
            )
        except ValueError as error:
            raise ParseTimeout(f"parsing took over {PARSE_SECONDS} s") from error

    return parse
