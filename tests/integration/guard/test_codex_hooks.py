"""integrations/codex in the real codex binary, against a fake model server on loopback and nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.guard.conftest import decisions
from tests.servers import fake_openai
from tests.servers.codex_trust import trust_hooks
from tests.servers.fake_openai import FakeOpenAI, calls
from tests.servers.real_cli import codex_binary, codex_environment

FILES = Path(__file__).parents[3] / "integrations" / "codex"
GREP = "grep -n hello a.py"


@pytest.fixture
def codex_home(project: Path, environment: dict[str, str]) -> Path:
    """Our hook in the user's own place, trusted."""
    home = project.parent / ".codex"
    home.mkdir()
    shutil.copy(FILES / "hooks.json", home)
    everything = {**codex_environment(project.parent), **environment}
    assert trust_hooks(project, everything) == [f"{home}/hooks.json:pre_tool_use:0:0"]
    return home


def output(project: Path, environment: dict[str, str], command: str) -> str:
    """What the model is told about a command that it asked for."""
    with FakeOpenAI(calls("exec_command", {"cmd": command})) as fake:
        options = [*fake_openai.provider_arguments(fake.url), "-m", "gpt-5.3-codex", "-s", "workspace-write"]
        done = subprocess.run(
            [str(codex_binary()), "exec", *options, "--json", "--ephemeral", "do it"],
            cwd=project,
            env={**codex_environment(project.parent), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        told: list[dict[str, Any]] = fake.responses[-1].body["input"]
    assert told[-1]["type"] == "function_call_output"
    return str(told[-1]["output"])


@pytest.mark.usefixtures("codex_home")
def test_a_grep_is_stopped_with_what_to_do_instead(project: Path, environment: dict[str, str]) -> None:
    told = output(project, environment, f"bash -c '{GREP}'")
    assert "blocked by PreToolUse hook" in told
    assert "nightdex chain run --tier haiku --command" in told
    assert decisions(environment) == [("main", "deny")]


@pytest.mark.usefixtures("codex_home")
def test_what_the_chain_itself_has_started_may_grep(project: Path, environment: dict[str, str]) -> None:
    told = output(project, {**environment, "NIGHTDEX_CHAIN_DEPTH": "1"}, GREP)
    assert "1:def hello(): pass" in told


@pytest.mark.usefixtures("codex_home")
def test_a_rewritten_command_runs_in_the_same_turn_with_its_own_exit_status(
    project: Path, environment: dict[str, str]
) -> None:
    environment["NIGHTDEX_GUARD_POLICY"] = "rewrite"
    (project / "long.txt").write_text("a line of many\n" * 10_000 + "the last line\n")
    assert "1:def hello(): pass" in output(project, environment, GREP)
    assert "exited with code 1" in output(project, environment, "grep -n nothing a.py")
    assert "the last line" in output(project, environment, "cat long.txt")
    assert decisions(environment) == [("main", "allow")] * 3


@pytest.mark.usefixtures("codex_home")
def test_what_would_have_to_be_asked_about_is_stopped(project: Path, environment: dict[str, str]) -> None:
    """Codex takes "ask" for yes, and would run the command as it was."""
    told = output(project, {**environment, "NIGHTDEX_GUARD_POLICY": "rewrite"}, "find . -name a.py -delete")
    assert "blocked by PreToolUse hook" in told
    assert (project / "a.py").exists()


@pytest.mark.usefixtures("codex_home")
@pytest.mark.parametrize("broken", ["", "exit 1", "kill -9 $$"])
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
    assert "nightdex-guard failed" in output(project, environment, GREP)


def test_a_hook_that_nobody_trusted_is_skipped_and_the_rules_still_hold(
    project: Path, environment: dict[str, str]
) -> None:
    home = project.parent / ".codex"
    (home / "rules").mkdir(parents=True)
    shutil.copy(FILES / "hooks.json", home)
    assert "1:def hello(): pass" in output(project, environment, GREP)
    shutil.copy(FILES / "rules" / "nightdex.rules", home / "rules")
    told = output(project, environment, GREP)
    assert "1:def" not in told
    assert "nightdex chain run" in told


@pytest.mark.parametrize(
    ("command", "decision"), [("grep -n x a.py", "forbidden"), ("git grep x", None), ("make test", None)]
)
def test_the_rules_forbid_the_plain_forms_only(command: str, decision: str | None, tmp_path: Path) -> None:
    arguments = ["execpolicy", "check", "--rules", str(FILES / "rules" / "nightdex.rules")]
    done = subprocess.run(
        [str(codex_binary()), *arguments, *command.split()],
        env=codex_environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout).get("decision") == decision
