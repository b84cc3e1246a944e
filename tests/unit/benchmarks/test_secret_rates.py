"""The benchmark of the rules for secrets counts what is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.secrets import main
from tests import repositories as made
from tests.secret_canaries import CANARIES

GITHUB = next(canary for canary in CANARIES if canary.rule == "github_token")


def test_alarms_are_counted_and_shown_without_what_set_them_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made.repository(
        tmp_path / "repos/loud", {"a.py": f"x = 1\n{GITHUB.line}\n", "b.py": "def b():\n    return 1\n"}
    )
    made.repository(tmp_path / "repos/quiet", {"c.py": "def c():\n    return 2\n", ".env": GITHUB.line})
    assert main(["--repos", str(tmp_path / "repos"), "--show", "--json", str(tmp_path / "out.json")]) == 0
    told = json.loads((tmp_path / "out.json").read_text())
    loud, quiet, together = told["repositories"]
    assert (loud["rules"], loud["struck"], loud["files"]) == ({"github_token": 1}, 1, 2)
    assert (quiet["rules"], quiet["files"]) == ({}, 1)
    assert together["megabytes"] == loud["megabytes"] + quiet["megabytes"]
    assert told["night_seconds"] > together["seconds"] > 0
    said = capsys.readouterr().out
    assert "loud/a.py:2: " in said
    assert "REDACTED_GITHUB_TOKEN" in said
    assert GITHUB.secret not in said
    assert "by rule: github_token 1" in said
