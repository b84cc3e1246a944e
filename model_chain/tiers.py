"""The tiers: which model does which kind of work, and who pays."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from model_chain.limits import TIER_SECONDS

Billing = Literal["free", "flat", "metered"]
Backend = Literal["ollama", "claude_cli", "anthropic_api", "codex_cli"]


@dataclass(frozen=True, slots=True)
class Tier:
    """One step of the chain.

    Attributes:
        billing: free costs nothing, flat is paid by a plan, metered by the token.
        daily_cap: US dollars of list price a day (UTC); None is no cap.
        deadline: seconds one call may take.
        command: the program of a CLI backend where it is not found by its name.
        environment: further variables that program may see.
    """

    name: str
    backend: Backend
    model: str
    billing: Billing
    purpose: str
    daily_cap: Decimal | None = None
    deadline: float = TIER_SECONDS
    command: str = ""
    environment: tuple[str, ...] = ()


DEFAULT_TIERS = (
    Tier("local", "ollama", "qwen2.5:14b", "free", "embeddings, memory search, summaries"),
    Tier(
        "haiku", "claude_cli", "claude-haiku-4-5", "metered", "mechanical work: scan, list, count", Decimal(5)
    ),
    Tier(
        "codex", "codex_cli", "gpt-5.3-codex", "flat", "structured code: implement per spec, tests, reviews"
    ),
    Tier("opus", "claude_cli", "claude-opus-4-6", "flat", "thinking: why, design, compare, decide"),
)
TIER_NAMES = tuple(tier.name for tier in DEFAULT_TIERS)
