"""The tiers: which model does which kind of work, and who pays."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Billing = Literal["free", "flat", "metered"]


@dataclass(frozen=True, slots=True)
class Tier:
    """One step of the chain. `daily_cap` is in US dollars of list price; None is no cap."""

    name: str
    backend: str
    model: str
    billing: Billing
    purpose: str
    daily_cap: Decimal | None = None


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
