from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest

from model_chain.backends.ollama import OllamaSummariser
from model_chain.backends.ollama.record import recording
from model_chain.errors import DescriptionRejected
from model_chain.ledger import Ledger
from model_chain.protocol import CodeUnit
from nightdex.cli import _run
from tests.repositories import commit
from tests.servers.scripted_ollama import QWEN, ScriptedOllama


def test_a_night_through_ollama_is_in_the_ledger_for_nothing(
    server: ScriptedOllama,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    commit(tmp_path / "shop", {"cart.py": "def cart_total(items):\n    return sum(items)\n"})
    hosts = json.dumps([server.url])
    (tmp_path / "repos.toml").write_text(
        f"""[index]
state_dir = "state"
[embedding]
provider = "ollama"
hosts = {hosts}
[summaries]
provider = "ollama"
deadline = "23:59"
[[repo]]
path = "shop"
"""
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NIGHTDEX_LEDGER", str(tmp_path / "ledger.sqlite3"))
    assert _run(["run"]) == 0
    capsys.readouterr()
    assert _run(["chain", "ledger", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    local = next(row for row in table["tiers"] if row["tier"] == "local")
    assert local["operations"] == server.count("/api/embed") + server.count("/api/chat")
    assert local["operations"] >= 2
    assert (local["cost_usd"], local["unknown"]) == (0.0, 0)


def test_a_description_is_recorded_with_its_tokens(server: ScriptedOllama, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    unit = CodeUnit(
        "python", "function", "cart_total", "def cart_total(items)", "", (), "cart.py", "return 0"
    )
    with OllamaSummariser(QWEN.name, [server.url]) as summariser:
        summariser.report_to(recording(ledger, QWEN.name, "summary", "night"))
        with suppress(DescriptionRejected):  # what the scripted model says is not the point
            summariser.summarise(unit)
    operations = ledger.operations()
    assert len(operations) == server.count("/api/chat") >= 1
    assert all(one.tokens is not None and one.tokens.input > 0 for one in operations)
    assert {(one.tier, one.kind, one.cost) for one in operations} == {("local", "summary", Decimal(0))}


def test_a_ledger_that_cannot_be_written_stops_no_night(
    server: ScriptedOllama, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(tmp_path / "shop", {"cart.py": "def cart_total(items):\n    return sum(items)\n"})
    (tmp_path / "file").write_text("")
    (tmp_path / "repos.toml").write_text(
        f'[index]\nstate_dir = "state"\n[embedding]\nprovider = "ollama"\nhosts = ["{server.url}"]\n'
        '[summaries]\nprovider = "extractive"\n[[repo]]\npath = "shop"\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NIGHTDEX_LEDGER", str(tmp_path / "file" / "ledger.sqlite3"))
    assert _run(["run"]) == 0
