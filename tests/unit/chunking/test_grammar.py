"""The queries of a language, taken apart before they are compiled."""

from __future__ import annotations

import pytest
from tree_sitter import Query

from indexer.chunking.grammar import GRAMMARS, grammar_of, split_patterns


@pytest.mark.parametrize("language", GRAMMARS)
def test_every_pattern_is_in_one_of_two_queries(language: str) -> None:
    grammar = grammar_of(language)
    assert grammar is not None
    captures = [
        {query.capture_name(number) for number in range(query.capture_count)}
        for query in (grammar.definitions, grammar.marks)
    ]
    assert any(name.startswith("definition.") for name in captures[0])
    assert not any(name.startswith("definition.") for name in captures[1])


def test_patterns_are_what_the_parser_of_queries_takes_them_for() -> None:
    source = r"""
    ; a comment with ( and "
    (call function: (identifier) @call (#match? @call "[(]\"")) ; beside it
    [(class_definition) (function_definition)] @definition.class
    (argument_list "(" @one)
    ((comment) . (comment) @two)
    """
    grammar = grammar_of("python")
    assert grammar is not None
    patterns = split_patterns(source)
    whole = Query(grammar.language, "\n".join(patterns))
    assert whole.pattern_count == len(patterns) == 4
    assert [Query(grammar.language, pattern).pattern_count for pattern in patterns] == [1, 1, 1, 1]
