"""What models cost: a dated table with its sources. Every ledger entry keeps the row it was priced with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from model_chain.usage import Tokens

_MILLION = Decimal(1_000_000)
_DATED_ID = re.compile(r"-\d{8}$")


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens of one model, as known on a date."""

    model: str
    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal
    as_of: str
    source: str
    verified: bool = True

    def cost(self, tokens: Tokens) -> Decimal:
        """The list price of these tokens in US dollars."""
        return (
            tokens.input * self.input
            + tokens.output * self.output
            + tokens.cache_read * self.cache_read
            + tokens.cache_write_5m * self.cache_write_5m
            + tokens.cache_write_1h * self.cache_write_1h
        ) / _MILLION

    def __str__(self) -> str:
        return f"{self.model}@{self.as_of} {self.input}/{self.output}"


def _price(model: str, base: str, output: str, as_of: str, source: str, *, verified: bool = True) -> Price:
    """Cache prices follow from the input price: reads 0.1, 5-minute writes 1.25, 1-hour writes 2 times it."""
    unit = Decimal(base)
    reads, short, long = unit / 10, unit * Decimal("1.25"), unit * 2
    return Price(model, unit, Decimal(output), reads, short, long, as_of, source, verified)


_CLI = "costUSD in the results of claude CLI 2.1.330 (input, output, cache read, 5-minute write)"
OPUS_CURRENT = _price("claude-opus-4-6", "5", "25", "2026-11-23", _CLI)
OPUS_OLDER = _price("claude-opus-4-1", "15", "75", "2025-08-05", "Anthropic's list price of Opus 4 and 4.1")
HAIKU = _price("claude-haiku-4-5", "1", "5", "2026-11-23", _CLI)
CODEX = _price(
    "gpt-5.3-codex", "1.75", "14", "2026-11-23", "reported API price, not seen on an invoice", verified=False
)
PRICES = (OPUS_CURRENT, OPUS_OLDER, HAIKU, CODEX)


def price_row(
    model: str,
    *,
    input: float,  # noqa: A002 - the price table's own column
    output: float,
    as_of: str,
    source: str,
    cache_read: float | None = None,
    cache_write_5m: float | None = None,
    cache_write_1h: float | None = None,
) -> Price:
    """A user's own row; cache prices that are left out follow from the input price."""
    row = _price(model, str(input), str(output), as_of, source)
    return replace(
        row,
        cache_read=row.cache_read if cache_read is None else Decimal(str(cache_read)),
        cache_write_5m=row.cache_write_5m if cache_write_5m is None else Decimal(str(cache_write_5m)),
        cache_write_1h=row.cache_write_1h if cache_write_1h is None else Decimal(str(cache_write_1h)),
    )


def price_of(model: str, overrides: Iterable[Price] = (), on: str = "9999-12-31") -> Price | None:
    """The newest row for a model not after the day `on` (ISO date); a user's own rows go first.

    Dated ids (`claude-haiku-4-5-20251001`) use their model's row. None means the cost is unknown.
    """
    plain = _DATED_ID.sub("", model)
    for table in (tuple(overrides), PRICES):
        rows = [row for row in table if row.model in (model, plain) and row.as_of <= on]
        if rows:
            return max(rows, key=lambda row: row.as_of)
        rows = [row for row in table if row.model in (model, plain)]
        if rows:  # older than the table: its first row is the best there is
            return min(rows, key=lambda row: row.as_of)
    return None
