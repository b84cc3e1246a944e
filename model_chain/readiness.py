"""Whether a tier could answer, found out without asking anybody: its program, its login or its key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from model_chain.process import find_command
from model_chain.tiers import Tier

CLAUDE_KEY = "ANTHROPIC_API_KEY"
CLAUDE_LOGINS = ("CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN")
CODEX_KEYS = ("CODEX_API_KEY", "OPENAI_API_KEY")
_CREDENTIAL = "anthropic_api_key"


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was found; `remedy` says what to do, also where a ready tier would be billed otherwise."""

    tier: Tier
    ready: bool
    found: str
    remedy: str = ""


def readiness(tier: Tier, environ: Mapping[str, str] = os.environ) -> Readiness:
    """Look at one tier; nothing is started and nothing goes over a network."""
    match tier.backend:
        case "claude_cli":
            return _claude(tier, environ)
        case "anthropic_api":
            return _api(tier, environ)
        case "codex_cli":
            return _codex(tier, environ)
        case "ollama":
            return _ready(tier, f"{tier.model} on Ollama, which was not asked")


def api_key(environ: Mapping[str, str] = os.environ) -> str:
    """The key of the Messages API, from systemd's credentials or the environment; "" where there is none."""
    folder = environ.get("CREDENTIALS_DIRECTORY")
    credential = Path(folder, _CREDENTIAL) if folder else None
    if credential is not None and credential.is_file():
        return credential.read_text().strip()
    return environ.get(CLAUDE_KEY, "")


def _ready(tier: Tier, found: str, remedy: str = "") -> Readiness:
    return Readiness(tier, ready=True, found=found, remedy=remedy)


def _not_ready(tier: Tier, found: str, remedy: str) -> Readiness:
    return Readiness(tier, ready=False, found=found, remedy=remedy)


def _claude(tier: Tier, environ: Mapping[str, str]) -> Readiness:
    program = find_command(tier.command or "claude", environ)
    if program is None:
        return _without_program(tier, "claude", "install Claude Code and log in")
    home = Path(environ.get("CLAUDE_CONFIG_DIR") or Path(environ.get("HOME", "/")) / ".claude")
    login = any(environ.get(name) for name in CLAUDE_LOGINS) or (home / ".credentials.json").is_file()
    key = bool(environ.get(CLAUDE_KEY)) and tier.billing == "metered"
    if not login and not key:
        wanted = f"run `{program}` and log in" + (
            f", or set {CLAUDE_KEY}" if tier.billing == "metered" else ""
        )
        return _not_ready(tier, f"{program} has no login", wanted)
    if tier.billing == "metered" and not key:
        remedy = f'set {CLAUDE_KEY}, or billing = "flat" in [chain.tiers.{tier.name}]'
        return _ready(tier, f"{program} is metered without a key: the login's plan pays", remedy)
    return _ready(tier, f"{tier.model} through {program}")


def _api(tier: Tier, environ: Mapping[str, str]) -> Readiness:
    if not api_key(environ):
        return _not_ready(tier, f"{CLAUDE_KEY} is not set", f"set {CLAUDE_KEY}, or a systemd credential")
    return _ready(tier, f"{tier.model} through the Messages API")


def _codex(tier: Tier, environ: Mapping[str, str]) -> Readiness:
    program = find_command(tier.command or "codex", environ)
    if program is None:
        return _without_program(tier, "codex", "install Codex and run `codex login`")
    home = Path(environ.get("CODEX_HOME") or Path(environ.get("HOME", "/")) / ".codex")
    key = tier.billing == "metered" and any(environ.get(name) for name in CODEX_KEYS)
    # Whoever names a provider of their own has a key of their own with it.
    if not key and not tier.environment and not (home / "auth.json").is_file():
        return _not_ready(tier, f"{program} has no login", f"run `{program} login`")
    return _ready(tier, f"{tier.model} through {program}")


def _without_program(tier: Tier, name: str, remedy: str) -> Readiness:
    wanted = tier.command or name
    return _not_ready(tier, f"{wanted} is not on PATH", f"{remedy}, or set chain.tiers.{tier.name}.command")
