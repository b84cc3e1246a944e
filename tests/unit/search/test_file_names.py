from __future__ import annotations

import pytest

from search_api.ranking.paths import joined_name, roles, stem_terms


@pytest.mark.parametrize("folder", ["test_suite", "integration-tests", "unit_test", "__tests__"])
def test_a_folder_that_speaks_of_tests_holds_tests(folder: str) -> None:
    assert roles(f"{folder}/session.rs") == ("test",)
    assert roles("contests/session.rs") == ()


def test_every_part_of_a_file_name_but_its_extension_is_its_stem() -> None:
    assert stem_terms("src/SqlMapper.Async.cs") == {"sql", "mapper", "async"}


def test_a_name_written_as_one_word_or_several_joins_to_the_same() -> None:
    assert joined_name("src/testclient.py") == joined_name("test_client.py") == "testclient"
