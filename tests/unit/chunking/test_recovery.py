from __future__ import annotations

import time

import pytest
from tree_sitter import Tree

from indexer.chunking.chunk import Chunk
from indexer.chunking.grammar import grammar_of
from indexer.chunking.parse import parser_of
from indexer.chunking.recover import around_errors
from indexer.chunking.syntax import chunk_syntax
from indexer.limits import PARSE_SECONDS

# Kotlin 2.1 knows guards in `when`; a grammar that does not gives up the file.
NEW_SYNTAX = """\
package shop

class Orders(private val db: Database) : Store {
    /** How many there are. */
    fun count(): Int {
        return db.count("orders")
    }

    fun price(item: Item): Int {
        val prices = items.mapNotNull { (item, _) ->
          when (item) {
            is Book if item.cover is Cover<*> -> {
                val half = item.cover.price.let { it / 2 }
                half
            }
            is Book if item.cover == null -> null
            is Book -> item.price
            else -> 0
        }
        }.toMap()
    }

    fun insertion(column: String) {
        query { +"EXCLUDED.$column" }
    }

    fun remove(id: Int) {
        db.delete(id)
    }
}

fun open(path: String): Orders {
    return Orders(connect(path))
}
"""

BRANCHES = """\
#include <stdio.h>

#ifdef WIDE
int parse(const wchar_t *text) {
  if (text) {
#else
int parse(const char *text) {
  if (*text) {
#endif
    return scan(text);
  }
  return 0;
}

int scan(const char *text) {
  return puts(text);
}

#if 0
int unused(void) {
#else
int used(void) {
#endif
  return scan("");
}
"""


def chunks_of(language: str, text: str) -> dict[str, Chunk]:
    found = chunk_syntax(text, language)
    assert found is not None
    lines = text.split("\n")
    assert all(chunk.text == "\n".join(lines[chunk.start_line - 1 : chunk.end_line]) for chunk in found)
    return {chunk.symbol: chunk for chunk in found}


def test_one_unknown_construct_costs_no_other_definition() -> None:
    assert _tree(NEW_SYNTAX).root_node.is_error, "the grammar has learned this: take another construct"
    chunks = chunks_of("kotlin", NEW_SYNTAX)
    assert {"Orders", "Orders.count", "Orders.price", "Orders.remove", "open"} <= chunks.keys()
    assert chunks["Orders.count"].doc == "How many there are."
    assert chunks["Orders.count"].calls == ("count",)
    assert chunks["Orders.price"].signature == "fun price(item: Item): Int"
    assert chunks["Orders.price"].text.endswith("}.toMap()\n    }")


@pytest.mark.parametrize("language", ["c", "cpp"])
def test_branches_that_each_open_a_bracket_cost_no_definition(language: str) -> None:
    chunks = chunks_of(language, BRANCHES)
    assert {"parse", "scan", "used"} <= chunks.keys()
    assert "unused" not in chunks
    assert "const wchar_t *text" in chunks["parse"].signature


def test_errors_that_cost_little_cost_no_class() -> None:
    methods = "".join(f"    public function f{n}()\n    {{\n        return {n};\n    }}\n" for n in range(20))
    prose = (
        "     * what is left of a comment\n     * in so many rows\n     * that it says\n     * nothing\n" * 2
    )
    text = f"<?php\nclass Logger\n{{\n{prose}    public const A = 1;\n{methods}}}\n"
    assert {"f0", "f19"} <= {symbol.rpartition(".")[2] for symbol in chunks_of("php", text)}


def test_what_parses_is_parsed_once() -> None:
    text = "fun open(path: String): Orders {\n    return Orders(connect(path))\n}\n"
    tree = _tree(text)

    def again(_: bytes) -> Tree:
        raise AssertionError

    assert around_errors(again, text.encode(), tree) is tree


def test_text_that_no_blank_block_makes_sense_of_stays_as_it_was_parsed() -> None:
    text = "class {{{ ( [\n" + "  fun ((( {\n" * 30 + "}\n" * 5
    assert chunk_syntax(text, "kotlin")


def test_looking_for_what_fails_ends_in_time() -> None:
    function = NEW_SYNTAX[NEW_SYNTAX.index("    fun price") : NEW_SYNTAX.index("    fun remove")]
    text = "class A {\n" + function * 300 + "}\n"
    began = time.thread_time()
    assert chunk_syntax(text, "kotlin")
    assert time.thread_time() - began < 4 * PARSE_SECONDS


def _tree(text: str) -> Tree:
    grammar = grammar_of("kotlin")
    assert grammar
    return parser_of(grammar)(text.encode())
