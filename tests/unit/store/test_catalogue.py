from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from index_store.catalogue import NOWHERE, Catalogue


def catalogue(files: int) -> Catalogue:
    """As many files of one chunk each, `f0000` and on, stored in the opposite order."""
    numbers = list(reversed(range(files)))
    texts = {name: ["x"] * files for name in ("repo", "language", "kind", "blob_id", "summary_source")}
    named = {name: [f"f{number:04}" for number in numbers] for name in ("path", "name", "symbol")}
    return Catalogue(
        pa.table(
            {
                **texts,
                **named,
                "id": [f"{number * 1_000_003:016x}" for number in numbers],
                "start_line": pa.array([number + 1 for number in numbers], pa.int32()),
                "end_line": pa.array([number + 9 for number in numbers], pa.int32()),
                "part": pa.array([0] * files, pa.int32()),
                "simhash": pa.array(numbers, pa.uint64()),
                "_rowid": pa.array(range(files), pa.uint64()),
            }
        )
    )


@pytest.mark.parametrize("files", [0, 1, 254, 255, 256, 257])
def test_a_column_holds_as_many_values_as_there_are_in_integers_as_small_as_may_be(files: int) -> None:
    known = catalogue(files)
    for row in range(files):
        assert list(known.by_path("x", f"f{row:04}")) == [row]
        assert known.by_name(f"f{row:04}") == [row]
        assert known.same_file(row) == range(row, row + 1)
        assert (known.start_line[row], known.end_line[row]) == (row + 1, row + 9)
        assert known.near_copies(row) == []
    assert list(known.by_path("x", "f9999")) == []
    assert known.by_name("f9999") == []


def test_ids_are_found_in_any_order_and_those_of_others_nowhere() -> None:
    known = catalogue(300)
    asked = [7, 299, 0, 7, 150]
    ids = np.array([number * 1_000_003 for number in asked] + [5], np.uint64)
    assert known.find(ids).tolist() == [*asked, NOWHERE]
    assert known.ids(asked) == ids[:-1].tolist()
    assert [known.by_id(known.id(row)) for row in asked] == asked
    assert known.by_id("-1") is None
    assert known.by_id("f" * 16) is None


def test_what_is_made_of_a_value_is_made_once() -> None:
    known = catalogue(3)
    made: list[str] = []

    def make(path: str) -> str:
        made.append(path)
        return path.upper()

    assert known.path.made(make, [2, 0, 2]) == ["F0002", "F0000", "F0002"]
    assert known.path.made(make, [0]) == ["F0000"]
    assert made == ["f0002", "f0000"]
