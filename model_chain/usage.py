"""Token counts in one meaning, whoever reported them.

Providers differ: Anthropic's input excludes what came from the cache, Codex's input includes it; reasoning
is inside output for both. `Tokens` follows Anthropic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tokens:
    """What one operation used. `input` excludes cached tokens."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write_5m + other.cache_write_5m,
            self.cache_write_1h + other.cache_write_1h,
        )

    def __sub__(self, other: Tokens) -> Tokens:
        return self + Tokens(
            -other.input, -other.output, -other.cache_read, -other.cache_write_5m, -other.cache_write_1h
        )

    @property
    def total(self) -> int:
        """All tokens, cached or not."""
        return self.input + self.output + self.cache_read + self.cache_write_5m + self.cache_write_1h


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What one model used in one operation; tokens None where the provider did not say."""

    model: str
    tokens: Tokens | None


def claude_model_usage(entry: Mapping[str, object]) -> Tokens:
    """One model's entry under `modelUsage` in a `claude -p` result."""
    written = _count(entry, "cacheCreationInputTokens")
    one_hour = _count(entry, "cacheCreationEphemeral1hInputTokens")
    return Tokens(
        _count(entry, "inputTokens"),
        _count(entry, "outputTokens"),
        _count(entry, "cacheReadInputTokens"),
        written - one_hour,
        one_hour,
    )


def anthropic_usage(usage: Mapping[str, object]) -> Tokens:
    """The `usage` object of one Messages API reply, as Claude Code's session files keep it too."""
    written = _count(usage, "cache_creation_input_tokens")
    split = usage.get("cache_creation")
    one_hour = _count(split, "ephemeral_1h_input_tokens") if isinstance(split, Mapping) else 0
    return Tokens(
        _count(usage, "input_tokens"),
        _count(usage, "output_tokens"),
        _count(usage, "cache_read_input_tokens"),
        written - one_hour,
        one_hour,
    )


def codex_usage(usage: Mapping[str, object]) -> Tokens | None:
    """Codex's usage; None ("unknown") when all counts are zero, as `codex exec review` reports them."""
    cached, written = _count(usage, "cached_input_tokens"), _count(usage, "cache_write_input_tokens")
    tokens = Tokens(
        max(0, _count(usage, "input_tokens") - cached - written),
        _count(usage, "output_tokens"),
        cached,
        written,
    )
    return tokens if tokens.total else None


def _count(usage: Mapping[str, object], name: str) -> int:
    value = usage.get(name, 0)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
