"""Whether each tier of the chain has its program, login or key. Nobody is asked."""

from __future__ import annotations

from collections.abc import Iterator

from model_chain.readiness import readiness
from nightdex.chain.configured import tiers_of
from nightdex.configuration import Configuration
from nightdex.doctor.finding import Finding, note, ok, warning


def check_tiers(configuration: Configuration) -> Iterator[Finding]:
    """The tiers that are programs or services of others; Ollama has a check of its own."""
    chain = configuration.settings.chain
    for tier in tiers_of(chain):
        if tier.backend == "ollama":
            continue
        state = readiness(tier)
        told = {"tier": tier.name, "model": tier.model}
        if state.ready and not state.remedy:
            yield ok(f"tier {tier.name}: {state.found}", **told)
            continue
        # Search works without any of them; a tier that repos.toml names is one that somebody wants.
        wanted = tier.name in chain.tiers.model_fields_set
        yield (warning if wanted else note)(f"tier {tier.name}: {state.found}", state.remedy, **told)
