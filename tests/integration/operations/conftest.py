from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from nightdex.cli import _run
from tests.place import Place


@pytest.fixture(autouse=True)
def sigterm() -> Iterator[None]:
    """A night in this process takes SIGTERM for itself; the next test has it back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = _run(list(arguments))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    made = Place(tmp_path, run)
    made.commit("shop", {"cart.py": "def cart_total(items):\n    return sum(items)\n"})
    made.configure()
    return made
