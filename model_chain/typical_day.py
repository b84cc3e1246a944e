"""The "Typical Day": operations and cost per tier, and what the same work would have cost on Opus alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from model_chain.ledger import Operation
from model_chain.prices import OPUS_CURRENT, OPUS_OLDER, Price
from model_chain.tiers import TIER_NAMES

METHOD = (
    "Estimate: the recorded token counts, cache kinds kept, priced at one Opus row. Embeddings (Opus has "
    "none) and operations of unknown size are left out; Opus might need more or fewer tokens for the same "
    "work."
)


@dataclass(frozen=True, slots=True)
class TierDay:
    """One row of the table; money in US dollars."""

    tier: str
    operations: int
    marginal: Decimal
    api_equivalent: Decimal
    unknown: int


@dataclass(frozen=True, slots=True)
class Day:
    """The table and its counterfactuals; `left_out` operations are in no counterfactual."""

    tiers: tuple[TierDay, ...]
    all_opus: tuple[tuple[Price, Decimal], ...]
    left_out: int

    @property
    def marginal(self) -> Decimal:
        """What the day added to the bill."""
        return sum((row.marginal for row in self.tiers), Decimal(0))

    @property
    def api_equivalent(self) -> Decimal:
        """What the day's calls would have cost at list price, on the models that made them."""
        return sum((row.api_equivalent for row in self.tiers), Decimal(0))


def summarise_day(operations: Iterable[Operation]) -> Day:
    """Add up operations per tier, the chain's tiers first."""
    listed = list(operations)
    names = [*TIER_NAMES, *sorted({operation.tier for operation in listed} - set(TIER_NAMES))]
    comparable = [o for o in listed if o.kind != "embedding" and o.tokens is not None]
    return Day(
        tuple(_tier_day(name, [o for o in listed if o.tier == name]) for name in names),
        tuple((price, _priced(comparable, price)) for price in (OPUS_CURRENT, OPUS_OLDER)),
        len(listed) - len(comparable),
    )


def print_day(day: Day) -> str:
    """The table as text."""
    lines = [f"{'tier':8}{'operations':>11}{'cost':>11}{'API equivalent':>16}  notes"]
    for row in day.tiers:
        note = f"{row.unknown} of unknown cost" if row.unknown else ""
        lines.append(
            (_line(row.tier, row.operations, row.marginal, row.api_equivalent) + f"  {note}").rstrip()
        )
    count = sum(row.operations for row in day.tiers)
    lines.append(_line("total", count, day.marginal, day.api_equivalent))
    for price, cost in day.all_opus:
        label = (
            f"all on Opus at ${price.input}/${price.output} per million tokens ({price.model}, {price.as_of})"
        )
        lines.append(f"{label}: {_money(cost)} (estimate)")
    lines.append(f"{METHOD} Left out here: {day.left_out}.")
    return "\n".join(lines)


def day_document(day: Day, since: str, until: str) -> dict[str, object]:
    """The table as JSON has it; money in US dollars, `until` excluded."""
    return {
        "since": since,
        "until": until,
        "tiers": [
            {
                "tier": row.tier,
                "operations": row.operations,
                "cost_usd": float(row.marginal),
                "api_equivalent_usd": float(row.api_equivalent),
                "unknown": row.unknown,
            }
            for row in day.tiers
        ],
        "cost_usd": float(day.marginal),
        "api_equivalent_usd": float(day.api_equivalent),
        "all_opus": [
            {
                "model": price.model,
                "input_per_million": float(price.input),
                "output_per_million": float(price.output),
                "as_of": price.as_of,
                "cost_usd": float(cost),
            }
            for price, cost in day.all_opus
        ],
        "method": METHOD,
        "left_out": day.left_out,
    }


def _line(name: str, operations: int, marginal: Decimal, api_equivalent: Decimal) -> str:
    return f"{name:8}{operations:11}{_money(marginal):>11}{_money(api_equivalent):>16}"


def _tier_day(name: str, operations: Sequence[Operation]) -> TierDay:
    costs = [operation.cost for operation in operations]
    marginal = sum((operation.marginal or Decimal(0) for operation in operations), Decimal(0))
    return TierDay(
        name, len(costs), marginal, sum((c for c in costs if c is not None), Decimal(0)), costs.count(None)
    )


def _priced(operations: Iterable[Operation], price: Price) -> Decimal:
    return sum((price.cost(o.tokens) for o in operations if o.tokens is not None), Decimal(0))


def _money(amount: Decimal) -> str:
    return f"${amount:.2f}"
