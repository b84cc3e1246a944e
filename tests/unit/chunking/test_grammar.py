"""The queries of a language, taken apart before they are compiled."""

from __future__ import annotations

from pathlib import Path

import pytest
from tree_sitter import Query

from indexer.chunking import grammar
from indexer.chunking.grammar import GRAMMARS, grammar_of, split_patterns

QUERIES = Path(grammar.__file__).parent / "queries"


@pytest.mark.parametrize("language", GRAMMARS)
def test_every_pattern_is_in_one_of_two_queries(language: str) -> None:
    found = grammar_of(language)
    assert found is not None
    captures = [
        {query.capture_name(number) for number in range(query.capture_count)}
        for query in (found.definitions, found.marks)
    ]
    assert any(name.startswith("definition.") for name in captures[0])
    assert not any(name.startswith("definition.") for name in captures[1])


@pytest.mark.parametrize("query", sorted(QUERIES.glob("*.scm")), ids=lambda query: query.stem)
def test_no_query_asks_what_tree_sitters_binding_lets_pass(query: Path) -> None:
    # It holds of every node, also of those that it names: `#not-match?` says the same and works.
    assert "#not-any-of?" not in query.read_text("utf-8")


def test_patterns_are_what_the_parser_of_queries_takes_them_for() -> None:
    source = r"""
    ; a comment with ( and "
    (call function: (identifier) @call (#match? @call "[(]\"")) ; beside it
    [(class_definition) (function_definition)] @definition.class
    (argument_list "(" @one)
    ((comment) . (comment) @two)
    """
    python = grammar_of("python")
    assert python is not None
    patterns = split_patterns(source)
    whole = Query(python.language, "\n".join(patterns))
    assert whole.pattern_count == len(patterns) == 4
    assert [Query(python.language, pattern).pattern_count for pattern in patterns] == [1, 1, 1, 1]
