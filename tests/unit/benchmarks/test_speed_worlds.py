"""What the speed benchmark works on, and how it draws and fits what it measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.nights import git
from benchmarks.speed.cold import fit_exponent
from benchmarks.speed.command import time_command
from benchmarks.speed.options import SpeedOptions
from benchmarks.speed.stages import measure_stages
from benchmarks.speed.world import change, export, list_code, make_world
from tests.repositories import commit

FILES: dict[str, str | bytes | None] = {
    "a.py": "def a():\n    return 1\n",
    "src/b.go": "package b\n\nfunc B() int {\n\treturn 2\n}\n",
    "README.md": "# Shop\n",
}


@pytest.fixture
def options(tmp_path: Path) -> SpeedOptions:
    commit(tmp_path / "repos" / "shop", FILES)
    return SpeedOptions(tmp_path / "work", repos=tmp_path / "repos")


def test_a_change_is_made_in_the_clone_and_nowhere_else(options: SpeedOptions, tmp_path: Path) -> None:
    [clone] = make_world(options, "world").clones
    before = git("--git-dir", str(clone), "rev-parse", "HEAD")
    change(clone, ["a.py"])
    assert git("--git-dir", str(clone), "rev-parse", "HEAD~1") == before
    assert git("--git-dir", str(tmp_path / "repos" / "shop" / ".git"), "rev-parse", "HEAD") == before


def test_semble_is_given_the_code_files(options: SpeedOptions, tmp_path: Path) -> None:
    [clone] = make_world(options, "world").clones
    assert sorted(list_code(clone)) == ["a.py", "src/b.go"]
    export(clone, tmp_path / "exported")
    files = {path.relative_to(tmp_path / "exported") for path in (tmp_path / "exported").rglob("*.*")}
    assert files == {Path("a.py"), Path("src/b.go")}


def test_every_stage_is_timed_and_made_of_real_rows(options: SpeedOptions, tmp_path: Path) -> None:
    measured = measure_stages(make_world(options, "world"), tmp_path / "stages")
    assert measured.chunks == 4  # one of "package b"
    names = "git, intake, cut, describe, embed, write, index and publish"
    assert ", ".join(measured.stages) == names
    assert all(stage.seconds > 0 for stage in measured.stages.values())


def test_a_command_that_fails_ends_the_benchmark() -> None:
    with pytest.raises(SystemExit, match="failed: "):
        time_command(["python3", "-c", "raise SystemExit(3)"])


def test_without_repositories_nothing_can_be_indexed(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="--repos"):
        make_world(SpeedOptions(tmp_path), "world")


def test_the_exponent_of_a_square_is_two() -> None:
    assert fit_exponent([(10, 100), (20, 400), (40, 1600)]) == pytest.approx(2)
