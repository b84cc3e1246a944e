"""Tiers whose backends are the real programs and packages, pointed at fake providers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from model_chain.tiers import DEFAULT_TIERS, Tier
from tests.servers.fake_openai import KEY_VARIABLE
from tests.servers.real_cli import claude_binary, claude_environment, codex_binary, codex_environment

HAIKU, CODEX, OPUS = DEFAULT_TIERS[1:]
PLAN_TOKEN = "sk-ant-oat-fake"


def use_environment(patch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    """Let this process see what a user's shell would hold; secrets of others included."""
    for name in (
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_BASE_URL",
        "CLAUDE_CODE_OAUTH_TOKEN",
        "NIGHTDEX_CHAIN_DEPTH",
    ):
        patch.delenv(name, raising=False)
    for name, value in {**environment, "AWS_SECRET_ACCESS_KEY": "not-yours"}.items():
        patch.setenv(name, value)


def claude_tier(tier: Tier, home: Path, url: str, patch: pytest.MonkeyPatch) -> Tier:
    """A claude_cli tier that asks `url`, with a plan's token and with a key."""
    home.mkdir(exist_ok=True)
    use_environment(patch, {**claude_environment(home, url), "CLAUDE_CODE_OAUTH_TOKEN": PLAN_TOKEN})
    quiet = ("DISABLE_TELEMETRY",)
    return replace(tier, backend="claude_cli", command=str(claude_binary()), environment=quiet)


def codex_tier(home: Path, url: str, patch: pytest.MonkeyPatch, *, retries: int = 0) -> Tier:
    """A codex_cli tier that asks `url`, through the user's own config.toml."""
    (home / ".codex").mkdir(parents=True, exist_ok=True)
    (home / ".codex" / "config.toml").write_text(
        f"""model_provider = "fake"
[model_providers.fake]
name = "fake"
base_url = "{url}/v1"
wire_api = "responses"
env_key = "{KEY_VARIABLE}"
request_max_retries = {retries}
stream_max_retries = {retries}
"""
    )
    use_environment(patch, codex_environment(home))
    return replace(CODEX, command=str(codex_binary()), environment=(KEY_VARIABLE,))


def api_tier(url: str, patch: pytest.MonkeyPatch) -> Tier:
    """An anthropic_api tier that asks `url`."""
    patch.setenv("ANTHROPIC_BASE_URL", url)
    patch.setenv("ANTHROPIC_API_KEY", "sk-ant-fake")
    return replace(OPUS, backend="anthropic_api", billing="metered")
