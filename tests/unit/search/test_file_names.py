from __future__ import annotations

import pytest

from index_store.identifiers import terms
from search_api.ranking.paths import families, joined_name, roles, stem_terms


@pytest.mark.parametrize("folder", ["test_suite", "integration-tests", "unit_test", "__tests__", "regress"])
def test_a_folder_that_speaks_of_tests_holds_tests(folder: str) -> None:
    assert roles(f"{folder}/session.rs") == ("test",)
    assert roles("contests/session.rs") == ()


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("parser", "parsing"),
        ("logger", "logged"),
        ("runner", "run"),
        ("router", "routes"),
        ("writer", "writing"),
        ("executor", "execute"),
        ("queue", "queued"),
        ("formatter", "format"),
    ],
)
def test_a_file_named_after_what_does_a_thing_is_named_after_doing_it(name: str, asked: str) -> None:
    assert stem_terms(f"src/{name}.rs") == families(terms(asked))


def test_a_short_word_is_no_doer() -> None:
    assert not families(terms("user")) & families(terms("use"))


def test_every_part_of_a_file_name_but_its_extension_is_its_stem() -> None:
    assert stem_terms("src/SqlMapper.Async.cs") == {"sql", "map", "async"}


def test_a_name_written_as_one_word_or_several_joins_to_the_same() -> None:
    assert joined_name("src/testclient.py") == joined_name("test_client.py") == "testclient"
