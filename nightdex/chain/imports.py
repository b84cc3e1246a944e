"""Takes what Claude Code and Codex logged on this machine into the ledger."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from model_chain.ledger import Ledger
from model_chain.session_files import claude_sessions, codex_sessions
from model_chain.tiers import Billing, Tier


def take_in_sessions(ledger: Ledger, tiers: Sequence[Tier], environ: Mapping[str, str] = os.environ) -> int:
    """Import the session files of both programs; how many operations were new.

    A flat tier's plan paid for its program's sessions, so they are taken in under its billing.
    """
    home = Path(environ.get("HOME", "/"))
    claude = Path(environ.get("CLAUDE_CONFIG_DIR") or home / ".claude") / "projects"
    codex = Path(environ.get("CODEX_HOME") or home / ".codex") / "sessions"
    found = claude_sessions(claude, _billing(tiers, "opus")) + codex_sessions(codex, _billing(tiers, "codex"))
    return ledger.add_new(found)


def _billing(tiers: Sequence[Tier], name: str) -> Billing:
    return next(tier.billing for tier in tiers if tier.name == name)
