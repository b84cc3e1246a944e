from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.description_savings import main
from tests.repositories import commit

LONG = "    total = 0\n    for value in values:\n        total += value * limit\n    return total\n"


def test_what_is_short_equal_or_known_is_counted_as_saved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = f"def old(values, limit):\n{LONG}"
    commit(
        tmp_path / "repos" / "shop",
        {"a.py": old, "copy.py": old, "get.py": "def get(self):\n    return self.x\n"},
    )
    commit(tmp_path / "repos" / "shop", {"b.py": f"def new(values, limit):\n{LONG}"})
    out = tmp_path / "out.json"
    assert main(["--repos", str(tmp_path / "repos"), "--commits", "1", "--json", str(out)]) == 0
    shop, together = json.loads(out.read_text())
    assert (shop["definitions"], shop["trivial"], shop["identical"]) == (4, 1, 1)
    assert (shop["first_night"], shop["later_night"]) == (2, 1)
    assert {**together, "name": "shop"} == shop
    assert "50 %" in capsys.readouterr().out
