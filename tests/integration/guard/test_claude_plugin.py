"""The plugin in the real claude binary, against a fake model server on loopback and nothing else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.guard.conftest import decisions
from tests.servers.fake_anthropic import FakeAnthropic, Scripted, says, uses_tool
from tests.servers.real_cli import claude_binary, claude_environment

ROOT = Path(__file__).parents[3]
PLUGIN = ROOT / "integrations" / "claude-code"
GREP = uses_tool("Bash", {"command": "grep -n hello a.py", "description": "look"})
CODER = uses_tool(
    "Agent",
    {
        "description": "look",
        "prompt": "look",
        "subagent_type": "nightdex:coder",
        "run_in_background": False,
    },
)


def results(project: Path, environment: dict[str, str], *script: Scripted) -> list[dict[str, Any]]:
    """Every tool result that claude saw, in order."""
    options = "--model claude-opus-4-6 --verbose --output-format stream-json --permission-mode acceptEdits"
    options += " --strict-mcp-config"  # the plugin's server would have to be waited for
    with FakeAnthropic(*script) as fake:
        done = subprocess.run(
            [
                str(claude_binary()), "-p", "do it", *options.split(),
                "--plugin-dir", str(PLUGIN), "--allowedTools", "Read,Agent",
            ],
            cwd=project,
            env={**claude_environment(project.parent, fake.url), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    events = [json.loads(line) for line in done.stdout.splitlines()]
    users = [event for event in events if event["type"] == "user"]
    blocks = [(event, block) for event in users for block in event["message"]["content"]]
    return [
        {**block, "agent": event.get("subagent_type")}
        for event, block in blocks
        if block["type"] == "tool_result"
    ]


def test_the_main_threads_grep_is_stopped_with_what_to_do_instead(
    project: Path, environment: dict[str, str]
) -> None:
    (result,) = results(project, environment, GREP)
    assert result["is_error"]
    assert "delegate it to the `coder` agent" in result["content"]
    assert decisions(environment) == [("main", "deny")]


def test_the_coder_may_grep_and_runs_on_haiku(project: Path, environment: dict[str, str]) -> None:
    asked: list[str] = []

    def coder_turn(request: Any) -> Any:
        asked.append(request.body["model"])
        return GREP

    inner, _ = results(project, environment, CODER, coder_turn, says("found"), says("done"))
    assert inner["agent"] == "nightdex:coder"
    assert inner["content"] == "1:def hello(): pass"
    assert asked == ["claude-haiku-4-5"]
    assert decisions(environment) == [("nightdex:coder", "pass")]


@pytest.mark.parametrize("setting", ["NIGHTDEX_GUARD_POLICY", "CLAUDE_PLUGIN_OPTION_POLICY"])
def test_a_rewritten_command_runs_in_the_same_turn_with_its_own_output_and_exit_status(
    project: Path, environment: dict[str, str], setting: str
) -> None:
    nothing = uses_tool("Bash", {"command": "grep -n nothing a.py", "description": "look"})
    found, missed = results(project, {**environment, setting: "rewrite"}, GREP, nothing)
    assert (found["is_error"], found["content"]) == (False, "1:def hello(): pass")
    assert missed["is_error"]
    assert missed["content"].startswith("Exit code 1")
    assert decisions(environment) == [("main", "allow")] * 2


def test_real_work_is_not_in_the_guards_way(project: Path, environment: dict[str, str]) -> None:
    (result,) = results(project, environment, uses_tool("Read", {"file_path": str(project / "a.py")}))
    assert not result.get("is_error")


@pytest.mark.parametrize("broken", ["", "exit 1", "exec sleep 30", "kill -9 $$"])
def test_a_broken_guard_blocks(
    project: Path, environment: dict[str, str], tmp_path: Path, broken: str
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    if broken:
        guard = programs / "nightdex-guard"
        guard.write_text(f"#!/bin/sh\n{broken}\n")
        guard.chmod(0o755)
    environment["PATH"] = f"{programs}:/usr/bin:/bin"
    (result,) = results(project, environment, GREP)
    assert result["is_error"]
    assert "hello()" not in result["content"]


@pytest.mark.parametrize("folder", [ROOT, PLUGIN])
def test_plugin_and_marketplace_are_valid(folder: Path, tmp_path: Path) -> None:
    command = [str(claude_binary()), "plugin", "validate", "--strict", "--json", str(folder)]
    environment = claude_environment(tmp_path, "http://127.0.0.1:9")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    report = json.loads(done.stdout)
    assert (done.returncode, report["success"]) == (0, True), done.stdout
    assert not report["manifest"]["warnings"]


def test_the_plugin_brings_all_four_parts(tmp_path: Path) -> None:
    command = [str(claude_binary()), "plugin", "validate", "--json", str(PLUGIN)]
    environment = claude_environment(tmp_path, "http://127.0.0.1:9")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    provides = json.loads(done.stdout)["provides"]
    assert [hook["matcher"] for hook in provides["hooks"]] == ["Bash|Grep|Glob"]
    assert provides["agents"] == ["nightdex:coder"]
    assert provides["skills"] == ["nightdex:search-code"]
    assert [server["name"] for server in provides["mcpServers"]] == ["nightdex"]
