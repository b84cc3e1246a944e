"""From [chain] in repos.toml to the chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from model_chain.assembly import ConfiguredBackends
from model_chain.chain import Chain
from model_chain.guard.journal import ledger_path
from model_chain.ledger import Ledger
from model_chain.prices import Price, price_row
from model_chain.tiers import DEFAULT_TIERS, Tier
from nightdex.whereabouts import absolute

if TYPE_CHECKING:
    from nightdex.configuration import Configuration
    from nightdex.settings import Chain as ChainSettings


def chain_of(configuration: Configuration) -> Chain:
    """The chain as repos.toml has it. Nothing is started and nobody is asked."""
    settings = configuration.settings
    hosts = ConfiguredBackends(settings.embedding.hosts)
    return Chain(ledger_of(configuration), hosts, tuple(tiers_of(settings.chain)), prices_of(settings.chain))


def ledger_of(configuration: Configuration) -> Ledger:
    """The ledger: the one of repos.toml, else the guard's own place."""
    given = configuration.settings.chain.ledger
    return Ledger(Path(ledger_path()) if given is None else absolute(given, configuration.path))


def tiers_of(settings: ChainSettings) -> Iterator[Tier]:
    """The tiers, cheapest first: the defaults with what the file changes."""
    for tier in DEFAULT_TIERS:
        given = getattr(settings.tiers, tier.name).model_dump(exclude_none=True, exclude_unset=True)
        if "daily_cap" in given:
            cap = Decimal(str(given["daily_cap"]))
            given["daily_cap"] = cap if cap.is_finite() else None
        yield replace(tier, **given)


def prices_of(settings: ChainSettings) -> tuple[Price, ...]:
    """The user's own price rows."""
    return tuple(
        price_row(model, **row.model_dump(exclude_none=True)) for model, row in settings.prices.items()
    )
