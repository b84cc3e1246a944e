"""The page of the model chain: what each tier did and cost, day by day, against Opus alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from model_chain.typical_day import METHOD, Day, summarise_day
from search_api.caller import CallerOf
from search_api.dependencies import ChainOf
from search_api.errors import LedgerUnreadable
from search_api.limits import CHAIN_DAYS, MAX_CHAIN_DAYS
from search_api.spending import operations_seen
from search_api.web.charts import Chart, Column, bar_chart
from search_api.web.templates import html, thousands

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from model_chain.ledger import Operation

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class DatedDay:
    """One day (UTC) of the ledger."""

    date: str
    day: Day

    @property
    def all_opus(self) -> float:
        """What the day would have cost on the current Opus, estimated."""
        return float(self.day.all_opus[0][1])

    @property
    def operations(self) -> int:
        """How many there were, over all tiers."""
        return sum(row.operations for row in self.day.tiers)


@router.get("/chain")
async def get_chain_page(
    chain: ChainOf, caller: CallerOf, days: Annotated[int, Query(ge=1, le=MAX_CHAIN_DAYS)] = CHAIN_DAYS
) -> Response:
    """What the chain did and cost."""
    until = datetime.now(UTC).date() + timedelta(days=1)
    since = until - timedelta(days=days)
    problem: LedgerUnreadable | None = None
    operations: list[Operation] = []
    try:
        operations = await operations_seen(chain, caller, since, until)
    except LedgerUnreadable as error:
        problem = error
    dated = by_day(operations, since, until)
    return await html(
        "chain.html",
        200 if problem is None else problem.http_status,
        here="/chain",
        days=days,
        dated=dated,
        whole=DatedDay("", summarise_day(operations)),
        charts=charts(dated) if operations else [],
        problem=problem,
        method=METHOD,
        dollars=dollars,
    )


def by_day(operations: Iterable[Operation], since: date, until: date) -> list[DatedDay]:
    """Every day of a span, the quiet ones too, oldest first."""
    of_day: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        of_day[datetime.fromtimestamp(operation.at, UTC).date().isoformat()].append(operation)
    days = [(since + timedelta(days=number)).isoformat() for number in range((until - since).days)]
    return [DatedDay(day, summarise_day(of_day[day])) for day in days]


def charts(dated: Sequence[DatedDay]) -> list[Chart]:
    """Operations by tier, and money against Opus alone."""
    done = [Column(one.date[5:], [[(row.tier, row.operations) for row in one.day.tiers]]) for one in dated]
    money = [
        Column(
            one.date[5:],
            [
                [("added to the bill", float(one.day.marginal))],
                [("at list price", float(one.day.api_equivalent))],
                [("all on Opus (estimate)", one.all_opus)],
            ],
        )
        for one in dated
    ]
    return [
        bar_chart("Operations by tier", done, lambda value: thousands(round(value))),
        bar_chart("US dollars a day", money, dollars),
    ]


def dollars(amount: float) -> str:
    """$1,234.50, and enough of small amounts to tell them from nothing."""
    return f"${amount:,.2f}" if amount >= 0.01 or amount == 0 else f"${amount:.4f}"
