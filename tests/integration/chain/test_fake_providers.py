"""The fake providers are good enough for the real binaries, failures included."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import anthropic
import pytest

from tests.servers import fake_anthropic, fake_openai
from tests.servers.fake_anthropic import FakeAnthropic
from tests.servers.fake_openai import FakeOpenAI
from tests.servers.real_cli import claude_binary, claude_environment, codex_binary, codex_environment

WIRE = Path(__file__).parents[2] / "golden" / "wire"


def claude(home: Path, url: str, *options: str) -> list[dict[str, Any]]:
    command = [str(claude_binary()), "-p", "do it", "--model", "claude-opus-4-6", "--verbose"]
    return run([*command, "--output-format", "stream-json", *options], claude_environment(home, url), home)


def codex(home: Path, url: str, *options: str) -> list[dict[str, Any]]:
    command = [
        str(codex_binary()),
        "exec",
        *fake_openai.provider_arguments(url),
        "--json",
        "-m",
        "gpt-5.3-codex",
    ]
    more = ["-s", "workspace-write", "--skip-git-repo-check", "--ephemeral", *options, "do it"]
    return run([*command, *more], codex_environment(home), home)


def run(command: list[str], environment: dict[str, str], folder: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_claude_survives_a_529_uses_a_tool_and_answers(tmp_path: Path) -> None:
    call = fake_anthropic.uses_tool("Bash", {"command": "echo hi", "description": "x"})
    with FakeAnthropic(fake_anthropic.overloaded(), call, fake_anthropic.says("final")) as server:
        events = claude(tmp_path, server.url, "--allowedTools", "Bash")
        assert len(server.messages) == 3
    recorded = json.loads((WIRE / "claude-stream-json-529-retry.jsonl").read_text().splitlines()[0])
    retry = next(event for event in events if event["subtype"] == "api_retry")
    assert retry.keys() == recorded.keys()
    assert events[-1]["result"] == "final"
    assert events[-1]["modelUsage"]["claude-opus-4-6"]["costUSD"] == pytest.approx(0.002475)


def test_codex_edits_a_file_and_answers(tmp_path: Path) -> None:
    patch = fake_openai.patches("*** Begin Patch\n*** Add File: b.py\n+x = 1\n*** End Patch")
    with FakeOpenAI(patch, fake_openai.says("patched")) as server:
        events = codex(tmp_path, server.url)
    assert (tmp_path / "b.py").read_text() == "x = 1\n"
    assert [event["type"] for event in events if event.get("item", {}).get("type") != "error"] == [
        json.loads(line)["type"]
        for line in (WIRE / "codex-exec-file-change.jsonl").read_text().splitlines()
        if '"type":"error"' not in line
    ]


@pytest.mark.parametrize(
    ("reply", "recorded"),
    [
        (fake_openai.usage_limit(), "codex-exec-usage-limit.jsonl"),
        (fake_openai.high_demand(), "codex-exec-500.jsonl"),
        (fake_openai.model_missing(), "codex-exec-model-missing.jsonl"),
    ],
)
def test_codex_fails_in_the_recorded_words(reply: fake_openai.Reply, recorded: str, tmp_path: Path) -> None:
    with FakeOpenAI(reply) as server:
        failure = codex(tmp_path, server.url)[-1]
    assert failure["type"] == "turn.failed"
    expected = json.loads((WIRE / recorded).read_text().splitlines()[-1])
    assert failure["error"]["message"].split(".")[0][:24] == expected["error"]["message"].split(".")[0][:24]


def test_the_anthropic_package_reads_citations_from_the_stream() -> None:
    cited = fake_anthropic.cites(0, 1, "shop/auth.py#L1-L9", "def login():")
    with FakeAnthropic(fake_anthropic.says("Tokens expire.", cited)) as server:
        client = anthropic.Anthropic(base_url=server.url, auth_token="fake", max_retries=0)
        asked = {"role": "user", "content": "why"}
        with client.messages.stream(model="m", max_tokens=9, messages=[asked]) as stream:  # type: ignore[list-item]  # a plain dict is what goes over the wire
            message = stream.get_final_message()
        client.close()
    (block,) = message.content
    assert block.type == "text"
    assert block.text == "Tokens expire."
    assert [citation.to_dict() for citation in block.citations or ()] == [cited]
