"""Signs that are not those of the vectors beside them are found before a generation is published."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_store.audit import sign_problems
from index_store.generations import generation_dir
from index_store.table import open_table
from index_store.testing import build_generation, make_row


@pytest.mark.parametrize(
    ("signs", "problem"),
    [
        ("NULL", "no row has signs_code, though some have vector_code"),
        ("signs_summary", "signs_code of a row are not the signs of its vector_code"),
    ],
)
def test_signs_of_other_vectors_are_found(tmp_path: Path, signs: str, problem: str) -> None:
    build_generation(tmp_path, [make_row(text="def a(): pass", summary="Something else entirely.")])
    table = open_table(generation_dir(tmp_path, 1))
    assert sign_problems(table) == []
    table.update(values_sql={"signs_code": signs})
    assert sign_problems(table) == [problem]
