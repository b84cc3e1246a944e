"""The bill of one call: reserved before it, settled after it, written down whatever happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

import structlog

from model_chain.errors import TierError
from model_chain.ledger import Ledger, Operation
from model_chain.prices import Price, price_of
from model_chain.tiers import Tier
from model_chain.usage import ModelUse

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why a call is made: what the ledger says of it."""

    kind: str
    caller: str
    reason: str


@dataclass(slots=True)
class Bill:
    """What one call used. Money is US dollars, None when any part of it is unknown."""

    uses: tuple[ModelUse, ...] = ()
    session: str = ""
    duration_ms: int = 0
    operations: list[Operation] = field(default_factory=list)

    @property
    def cost(self) -> Decimal | None:
        """At list price, over every model that took part."""
        return _sum([operation.cost for operation in self.operations])

    @property
    def marginal(self) -> Decimal | None:
        """What it added to the bill: nothing on a flat plan."""
        return _sum([operation.marginal for operation in self.operations])


@dataclass(frozen=True, slots=True)
class Account:
    """Where calls are written down: the ledger, the tiers by which models are told apart, the prices.

    The ledger is used in threads: another process may hold its lock for a while.
    """

    ledger: Ledger
    tiers: Sequence[Tier]
    prices: Sequence[Price] = ()

    @asynccontextmanager
    async def billed(
        self, tier: Tier, purpose: Purpose, estimate: Decimal, bill: Bill | None = None
    ) -> AsyncIterator[Bill]:
        """Reserve `estimate`, let the call be made, record what it used, even when it failed.

        A call that used nothing leaves no entry. One whose use is unknown keeps its reservation for the
        rest of the day, so that a cap holds for it too.

        Raises:
            BudgetExceeded, LedgerUnavailable: the tier's daily cap does not allow the call.
        """
        reservation = await asyncio.to_thread(self.ledger.reserve, tier, estimate)
        bill, started, reason = bill or Bill(), time.monotonic(), purpose.reason
        try:
            yield bill
        except TierError as error:
            bill.uses = error.uses
            reason = f"{reason} ({error.code})"
            raise
        except BaseException:
            reason = f"{reason} (broken off)"
            raise
        finally:
            bill.duration_ms = round((time.monotonic() - started) * 1000)
            bill.operations += [self._operation(use, tier, purpose, reason, bill) for use in bill.uses]
            await asyncio.to_thread(self._settle, bill, reservation)

    def _operation(self, use: ModelUse, tier: Tier, purpose: Purpose, reason: str, bill: Bill) -> Operation:
        owner = next((one for one in self.tiers if one.model == use.model), tier)
        return Operation(
            owner.name, use.model, owner.billing, purpose.kind, use.tokens, purpose.caller, reason,
            bill.duration_ms, price=price_of(use.model, self.prices), session=bill.session,
        )  # fmt: skip

    def _settle(self, bill: Bill, reservation: str) -> None:
        for operation in bill.operations:
            try:
                self.ledger.record(operation)
            except OSError as error:  # an answer that is paid for is not thrown away for its record
                log.exception("operation_not_recorded", tier=operation.tier, reason=str(error))
        if bill.cost is None:
            self.ledger.hold(reservation)
        else:
            self.ledger.release(reservation)

    def cost_at_most(self, tier: Tier, input_tokens: int, output_tokens: int) -> Decimal:
        """What a call of this size costs at list price; 0 where the price is unknown or nothing is paid."""
        price = price_of(tier.model, self.prices)
        if price is None or tier.billing == "free":
            return Decimal(0)
        return (price.input * input_tokens + price.output * output_tokens) / 1_000_000


def _sum(amounts: list[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None
