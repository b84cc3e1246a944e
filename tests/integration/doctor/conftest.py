from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nightdex.cli import _run
from tests.machines import Machine
from tests.servers.scripted_ollama import ScriptedOllama


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose owner has claude and codex, and is logged in; nothing of the real one is seen."""
    home = tmp_path_factory.mktemp("home")
    for name, login in (("claude", ".claude/.credentials.json"), ("codex", ".codex/auth.json")):
        program, login_file = home / ".local" / "bin" / name, home / login
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\nexit 1\n")
        program.chmod(0o755)
        login_file.parent.mkdir()
        login_file.write_text("{}")
    (home / ".claude" / "settings.json").write_text('{"enabledPlugins": {"nightdex@nightdex": true}}')
    (home / ".codex" / "hooks.json").write_text('{"command": "nightdex-guard"}')
    bin_folder = tmp_path_factory.mktemp("bin")
    for name, script in (("nightdex-guard", "exit 0"), ("systemctl", "exit 1")):
        (bin_folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (bin_folder / name).chmod(0o755)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", f"{bin_folder}:/usr/bin:/bin")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-fake")
    for name in ("CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CONFIG_DIR", "CODEX_HOME"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Machine:
    """A machine on which a schedule runs, and somebody is told of nights that fail."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NIGHTDEX_LEDGER", raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = _run(list(arguments))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    one = Machine(tmp_path, run)
    one.configure()
    monkeypatch.setattr("nightdex.owners.locked_by", lambda _: os.getpid() if one.scheduled else None)
    return one


@pytest.fixture
def server() -> Iterator[ScriptedOllama]:
    with ScriptedOllama() as running:
        yield running
