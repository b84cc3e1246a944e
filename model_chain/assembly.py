"""From a tier's configuration to its backend, imported on use: the anthropic package takes half a second."""

from __future__ import annotations

from collections.abc import Sequence

from model_chain.protocol import CodeAgent, Reasoner
from model_chain.tiers import Tier

# ruff: noqa: PLC0415 - as above


class ConfiguredBackends:
    """The real backends; `hosts` are those of Ollama."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self._hosts = tuple(hosts)

    def reasoner(self, tier: Tier) -> Reasoner | None:
        """What answers questions for a tier."""
        match tier.backend:
            case "claude_cli":
                from model_chain.backends.claude_cli import ClaudeCli

                return ClaudeCli(tier)
            case "anthropic_api":
                from model_chain.backends.anthropic_api import AnthropicReasoner

                return AnthropicReasoner(tier)
            case "ollama":
                from model_chain.backends.ollama.reasoner import OllamaReasoner

                return OllamaReasoner(tier, self._hosts)
            case "codex_cli":
                return None

    def agent(self, tier: Tier) -> CodeAgent | None:
        """What works in folders for a tier."""
        match tier.backend:
            case "claude_cli":
                from model_chain.backends.claude_cli import ClaudeCli

                return ClaudeCli(tier)
            case "codex_cli":
                from model_chain.backends.codex_cli import CodexCli

                return CodexCli(tier)
            case "anthropic_api" | "ollama":
                return None
