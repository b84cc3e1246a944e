from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nightdex.cli import _run
from tests.machines import Machine
from tests.servers.scripted_ollama import ScriptedOllama


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Machine:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = _run(list(arguments))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    one = Machine(tmp_path, run)
    one.configure()
    return one


@pytest.fixture
def server() -> Iterator[ScriptedOllama]:
    with ScriptedOllama() as running:
        yield running
