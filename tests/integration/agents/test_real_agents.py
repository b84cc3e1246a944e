"""The real `claude` and `codex` list the tools at /mcp and complete a call; their models are scripted."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from search_api.keys import Keys
from tests.servers import fake_anthropic, fake_openai
from tests.servers.fake_anthropic import FakeAnthropic
from tests.servers.fake_openai import FakeOpenAI
from tests.servers.real_cli import claude_binary, claude_environment, codex_binary, codex_environment

TOOLS = {
    "search_code", "find_similar", "lookup_symbol", "read_chunk", "list_repositories", "search_memory",
    "index_status",
}  # fmt: skip
QUESTION = {"query": "expired token", "repositories": ["shop"]}
FOUND = "shop/src/auth/session.py:41-45"


def run(command: list[str], environment: dict[str, str], folder: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=90, check=False,
    )  # fmt: skip
    events = []
    for line in done.stdout.splitlines():
        assert line.startswith("{"), done.stdout + done.stderr
        events.append(json.loads(line))
    assert events, done.stderr
    return events


def test_claude_lists_the_tools_and_completes_a_call(url: str, keys: Keys, tmp_path: Path) -> None:
    _, token = keys.create(repos=["shop"], lifetime=None)
    servers = {
        "mcpServers": {
            "nightdex": {"type": "http", "url": url, "headers": {"Authorization": f"Bearer {token}"}}
        }
    }
    (tmp_path / "mcp.json").write_text(json.dumps(servers))
    call = fake_anthropic.uses_tool("mcp__nightdex__search_code", QUESTION)
    with FakeAnthropic(call, fake_anthropic.says("It is in session.py.")) as model:
        command = [str(claude_binary()), "-p", "where are tokens refreshed", "--model", "claude-opus-4-6"]
        command += ["--output-format", "stream-json", "--verbose", "--mcp-config", str(tmp_path / "mcp.json")]
        command += ["--strict-mcp-config", "--allowedTools", "mcp__nightdex"]
        events = run(command, claude_environment(tmp_path, model.url), tmp_path)
        asked = model.messages
    begun = next(event for event in events if event.get("subtype") == "init")
    assert {server["name"]: server["status"] for server in begun["mcp_servers"]} == {"nightdex": "connected"}
    assert {f"mcp__nightdex__{name}" for name in TOOLS} <= set(begun["tools"])
    (result,) = (
        block
        for event in events
        if event["type"] == "user"
        for block in event["message"]["content"]
        if block["type"] == "tool_result"
    )
    assert not result.get("is_error")
    assert "src/auth/session.py" in json.dumps(result)
    assert "src/auth/session.py" in asked[-1].text
    assert events[-1]["result"] == "It is in session.py."


def test_codex_lists_the_tools_and_completes_a_call(url: str, keys: Keys, tmp_path: Path) -> None:
    _, token = keys.create(repos=["shop"], lifetime=None)
    call = fake_openai.calls("search_code", QUESTION, namespace="mcp__nightdex")
    with FakeOpenAI(call, fake_openai.says("It is in session.py.")) as model:
        server = f'{{url="{url}", bearer_token_env_var="NIGHTDEX_KEY"}}'
        command = [str(codex_binary()), "exec", *fake_openai.provider_arguments(model.url), "--json"]
        command += ["-m", "gpt-5.3-codex", "-c", f"mcp_servers.nightdex={server}", "-s", "read-only"]
        command += ["--skip-git-repo-check", "--ephemeral", "where are tokens refreshed"]
        environment = {**codex_environment(tmp_path), "NIGHTDEX_KEY": token}
        events = run(command, environment, tmp_path)
        asked = model.responses
    (listed,) = (one["tools"] for one in asked[0].body["tools"] if one.get("name") == "mcp__nightdex")
    assert {tool["name"] for tool in listed} == TOOLS
    (called,) = (
        event["item"]
        for event in events
        if event["type"] == "item.completed" and event["item"]["type"] == "mcp_tool_call"
    )
    assert (called["server"], called["tool"], called["status"]) == ("nightdex", "search_code", "completed")
    assert FOUND in json.dumps(called["result"])
    assert "src/auth/session.py" in asked[-1].text
    assert any(event["type"] == "turn.completed" for event in events)
