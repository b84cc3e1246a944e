"""The agents of the Haiku and Codex tiers: the real binaries against fake providers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from model_chain.backends.claude_cli import ClaudeCli
from model_chain.backends.codex_cli import CodexCli
from model_chain.errors import CliMissing, Permanent, TierError, Transient, TurnLimit, UsageLimit
from model_chain.protocol import CodeTask
from model_chain.tiers import Tier
from model_chain.usage import Tokens
from tests.servers import fake_anthropic, fake_openai
from tests.servers.fake_anthropic import FakeAnthropic
from tests.servers.fake_openai import FakeOpenAI
from tests.servers.tiers import HAIKU, claude_tier, codex_tier

pytestmark = pytest.mark.anyio

PATCH = "*** Begin Patch\n*** Add File: b.py\n+x = 1\n*** End Patch"
FINDING = {
    "title": "[P1] Bug here",
    "body": "explain",
    "confidence_score": 0.9,
    "priority": 1,
    "code_location": {"absolute_file_path": "/p/a.py", "line_range": {"start": 1, "end": 1}},
}
REVIEW = json.dumps(
    {
        "findings": [FINDING],
        "overall_correctness": "patch is incorrect",
        "overall_explanation": "because",
        "overall_confidence_score": 0.8,
    }
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.py").write_text("def hello(): pass\n")
    for command in ("init -q", "add -A", "-c user.name=t -c user.email=t@t commit -qm first"):
        subprocess.run(["git", *command.split()], cwd=folder, check=True)
    return folder


def files(project: Path) -> list[str]:
    return sorted(path.name for path in project.iterdir() if path.name != ".git")


def is_running(process: str) -> bool:
    status = Path(f"/proc/{process}/stat")
    return status.exists() and ") Z " not in status.read_text()


def wait_for(marker: Path) -> str:
    """The line that a program writes once it is under way."""
    while not marker.exists() or not marker.read_text().endswith("\n"):
        time.sleep(0.02)
    return marker.read_text().strip()


def bash(command: str) -> fake_anthropic.Reply:
    return fake_anthropic.uses_tool("Bash", {"command": command, "description": "x"})


def command_lines() -> Iterator[bytes]:
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended
            yield (process / "cmdline").read_bytes()


async def test_the_coder_reads_and_cannot_write(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = [bash("grep -n def a.py"), bash("rm a.py"), bash("grep x a.py > found.txt")]
    with FakeAnthropic(*turns, fake_anthropic.says("one function: hello")) as server:
        tier = claude_tier(HAIKU, tmp_path / "home", server.url, monkeypatch)
        result = await ClaudeCli(tier).work(CodeTask("/compact: count the functions", project))
        asked, *answers = server.messages
    assert "/compact: count the functions" in asked.text
    assert "1:def hello(): pass" in answers[0].text
    assert result.text == "one function: hello"
    assert result.denied == ("Bash: rm a.py", "Bash: grep x a.py > found.txt")
    assert files(project) == ["a.py"]
    ((model, tokens),) = [(use.model, use.tokens) for use in result.uses]
    assert model == "claude-haiku-4-5"
    assert tokens == Tokens(input=400, output=28, cache_read=4000, cache_write_5m=40)


async def test_a_coder_that_does_not_come_to_an_end_is_stopped_and_paid_for(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeAnthropic(*[bash("grep -n def a.py") for _ in range(9)]) as server:
        tier = claude_tier(HAIKU, tmp_path / "home", server.url, monkeypatch)
        with pytest.raises(TurnLimit, match=r"maximum number of turns \(2\)") as caught:
            await ClaudeCli(tier).work(CodeTask("count", project, max_turns=2))
    assert caught.value.uses[0].tokens == Tokens(input=200, output=14, cache_read=2000, cache_write_5m=20)


@pytest.fixture
def codex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FakeOpenAI, Tier]]:
    with FakeOpenAI() as server:
        yield server, codex_tier(tmp_path / "home", server.url, monkeypatch)


async def test_codex_writes_in_the_workspace_and_says_what(
    codex: tuple[FakeOpenAI, Tier], project: Path
) -> None:
    server, tier = codex
    server.script.add(fake_openai.patches(PATCH), fake_openai.says("patched"))
    result = await CodexCli(tier).work(CodeTask("add b", project, writable=True))
    assert (project / "b.py").read_text() == "x = 1\n"
    assert [Path(path).name for path in result.changed] == ["b.py"]
    assert result.text == "patched"
    assert result.uses[0].tokens == Tokens(input=800, output=100, cache_read=1600)


async def test_codex_without_leave_to_write_does_not(codex: tuple[FakeOpenAI, Tier], project: Path) -> None:
    server, tier = codex
    server.script.add(fake_openai.patches(PATCH), fake_openai.says("could not"))
    result = await CodexCli(tier).work(CodeTask("add b", project))
    assert not (project / "b.py").exists()
    assert result.changed == ()


async def test_a_review_gives_findings_and_an_unknown_cost(
    codex: tuple[FakeOpenAI, Tier], project: Path
) -> None:
    server, tier = codex
    server.script.add(fake_openai.patches(PATCH), fake_openai.says(REVIEW))
    (project / "a.py").write_text("def hello(): fail\n")
    result = await CodexCli(tier).review(project, "")
    assert "[P1] Bug here" in result.text
    assert result.uses[0].tokens is None
    assert files(project) == ["a.py"]


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (fake_openai.usage_limit(), UsageLimit, "hit your usage limit"),
        (fake_openai.high_demand(), Transient, "high demand"),
        (fake_openai.says("half", cut_after=2), Transient, "stream disconnected"),
        (fake_openai.model_missing(), Permanent, "does not exist"),
    ],
)
async def test_codex_fails_in_its_own_words(
    reply: fake_openai.Reply, kind: type[TierError], words: str, codex: tuple[FakeOpenAI, Tier], project: Path
) -> None:
    server, tier = codex
    server.script.add(reply)
    with pytest.raises(TierError, match=words) as caught:
        await CodexCli(tier).work(CodeTask("x", project))
    assert type(caught.value) is kind


async def test_codex_that_is_missing_says_what_to_install(project: Path) -> None:
    tier = Tier("codex", "codex_cli", "m", "flat", "", command="/nowhere/codex")
    with pytest.raises(CliMissing, match="install Codex"):
        await CodexCli(tier).work(CodeTask("x", project))


async def test_a_cancelled_agent_leaves_no_process_behind(tmp_path: Path) -> None:
    program, marker = tmp_path / "claude", tmp_path / "pid"
    program.write_text(f"#!/bin/sh\nsleep 600 &\necho $! > {marker}\nwait\n")
    program.chmod(0o755)
    work = asyncio.create_task(ClaudeCli(replace(HAIKU, command=str(program))).work(CodeTask("x", tmp_path)))
    grandchild = await asyncio.wait_for(asyncio.to_thread(wait_for, marker), 20)
    began = time.monotonic()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert time.monotonic() - began < 5
    assert not is_running(grandchild)


@pytest.mark.parametrize("steps", range(12))
async def test_an_agent_cancelled_while_it_starts_is_ended_too(tmp_path: Path, steps: int) -> None:
    program = tmp_path / "claude"
    program.write_text("#!/bin/sh\nsleep 600\n")
    program.chmod(0o755)
    work = asyncio.create_task(ClaudeCli(replace(HAIKU, command=str(program))).work(CodeTask("x", tmp_path)))
    for _ in range(steps):
        await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(work, 20)
    assert not any(str(program).encode() in line for line in command_lines())
