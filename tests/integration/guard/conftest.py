from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(sys.executable).parent  # where nightdex and nightdex-guard are installed


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with one file, in a scratch home."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.py").write_text("def hello(): pass\n")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What both CLIs get beside their own variables: our programs, and a ledger of their own."""
    config = tmp_path / "repos.toml"
    config.write_text(f'[index]\nstate_dir = "{tmp_path / "state"}"\n')
    path = f"{PROGRAMS}:/usr/local/bin:/usr/bin:/bin"
    return {"PATH": path, "NIGHTDEX_LEDGER": str(tmp_path / "ledger.sqlite3"), "NIGHTDEX_CONFIG": str(config)}


def decisions(environment: dict[str, str]) -> list[tuple[str, str]]:
    """Callers and decisions in the guard's part of the ledger, oldest first."""
    database = sqlite3.connect(environment["NIGHTDEX_LEDGER"])
    try:
        return database.execute("select caller, decision from guard_decisions order by at").fetchall()
    finally:
        database.close()
