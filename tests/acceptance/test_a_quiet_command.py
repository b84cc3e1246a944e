"""`nightdex run` where nothing changed: what it does without, and what it says where there is need to."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from index_store.held_back import HELD_BACK_NAME
from tests.repositories import commit

HEAVY = {"asyncio", "lancedb", "multiprocessing", "numpy", "pathspec", "pyarrow", "rich", "structlog"}
RUN = f"""
import sys
from nightdex.cli import _run
status = _run(sys.argv[1:])
print(*({HEAVY} & set(sys.modules)), sep=",")
sys.exit(status)
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repos.toml whose index is up to date."""
    folder = tmp_path_factory.mktemp("quiet")
    commit(folder / "shop", {"keys.py": "def rotate_keys():\n    return 1\n"})
    config = folder / "repos.toml"
    config.write_text(
        f'[index]\nstate_dir = "{folder}/state"\n[embedding]\nprovider = "embedded"\n'
        f'[summaries]\nprovider = "extractive"\n[[repo]]\npath = "{folder}/shop"\n'
    )
    assert ",lancedb," in f",{run(config).stdout.splitlines()[-1]},"
    return config


def run(config: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", RUN, "run", "--config", str(config)]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def test_a_night_that_changes_nothing_imports_nothing_heavy(config: Path) -> None:
    assert run(config).stdout.splitlines()[-1] == ""


def test_what_goes_wrong_in_such_a_night_is_a_line_of_the_log(config: Path) -> None:
    mark = config.parent / "state" / HELD_BACK_NAME
    mark.write_text("garbled")
    try:
        told = [line for line in run(config).stderr.splitlines() if line.startswith("{")]
    finally:
        mark.unlink()
    assert {json.loads(line)["level"] for line in told} == {"warning"}
