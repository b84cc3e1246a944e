"""The real `claude` and `codex` binaries in a scratch home: fake keys, loopback only, no telemetry."""

from __future__ import annotations

from pathlib import Path

import claude_agent_sdk
import codex_cli_bin

from tests.servers.fake_openai import KEY_VARIABLE

# Whatever is not on this machine goes to a proxy that nobody runs, and fails at once.
_NO_NETWORK = {
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1",
}
_QUIET = {
    "DISABLE_TELEMETRY": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
}


def claude_binary() -> Path:
    """The binary bundled in claude-agent-sdk."""
    return Path(claude_agent_sdk.__file__).parent / "_bundled" / "claude"


def codex_binary() -> Path:
    """The binary bundled with openai-codex."""
    return Path(codex_cli_bin.bundled_codex_path())


def claude_environment(home: Path, url: str) -> dict[str, str]:
    """What claude needs to reach a fake Messages API and nothing else."""
    keys = {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "sk-ant-fake"}
    return {"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin", **_NO_NETWORK, **_QUIET, **keys}


def codex_environment(home: Path) -> dict[str, str]:
    """What codex needs beside `fake_openai.provider_arguments`."""
    keys = {KEY_VARIABLE: "sk-fake"}
    return {"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin", **_NO_NETWORK, **keys}
