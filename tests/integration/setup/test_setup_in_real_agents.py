"""The real claude and codex read what `nightdex setup` wrote; they only list it, without a network."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import claude_agent_sdk
import codex_cli_bin
import pytest

from nightdex.setup.clients import Launch
from nightdex.setup.command import apply_change, plan_change

CLAUDE = Path(claude_agent_sdk.__file__).parent / "_bundled" / "claude"
CODEX = Path(codex_cli_bin.__file__).parent / "bin" / "codex"
STDIO = Launch("/bin/true", ("mcp", "--config", "/my repos.toml"), "", "", "")
HTTP = Launch("", (), "http://127.0.0.1:9/mcp", "", "")


def ask(program: Path, home: Path, *arguments: str) -> str:
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "DISABLE_AUTOUPDATER": "1", "CI": "true"}
    done = subprocess.run(
        [program, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=home,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def change(client: str, home: Path, launch: Launch, *, undo: bool = False) -> None:
    apply_change(plan_change(client, None if undo else launch, {"HOME": str(home)}))


@pytest.mark.parametrize("launch", [STDIO, HTTP], ids=["stdio", "http"])
def test_the_real_codex_lists_the_server_until_it_is_taken_back(tmp_path: Path, launch: Launch) -> None:
    (tmp_path / ".codex").mkdir()
    change("codex", tmp_path, launch)
    (server,) = json.loads(ask(CODEX, tmp_path, "mcp", "list", "--json"))
    assert server["name"] == "nightdex"
    transport = server["transport"]
    if launch.url:
        assert transport["url"] == launch.url
    else:
        assert (transport["command"], transport["args"]) == (launch.command, list(launch.arguments))
    change("codex", tmp_path, launch, undo=True)
    assert json.loads(ask(CODEX, tmp_path, "mcp", "list", "--json")) == []


@pytest.mark.parametrize("launch", [STDIO, HTTP], ids=["stdio", "http"])
def test_the_real_claude_knows_the_server_until_it_is_taken_back(tmp_path: Path, launch: Launch) -> None:
    change("claude", tmp_path, launch)
    told = ask(CLAUDE, tmp_path, "mcp", "get", "nightdex")
    assert "User config" in told
    assert (launch.url or "--config /my repos.toml") in told
    change("claude", tmp_path, launch, undo=True)
    assert "nightdex" not in ask(CLAUDE, tmp_path, "mcp", "list")
