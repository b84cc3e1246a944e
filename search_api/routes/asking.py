"""Questions that need thinking, where texts are sent, and what that cost."""

from __future__ import annotations

import json
from contextlib import aclosing
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from model_chain.cut import encodable
from search_api.asking import EVENT_NAMES, Action, Asked, Began, Ended
from search_api.caller import CallerOf
from search_api.dependencies import ChainOf, DeferrerOf
from search_api.limits import MAX_PACK_TOKENS, MIN_TOKENS, PACK_TOKENS
from search_api.problem import BODY_STATUSES, problems
from search_api.query import question
from search_api.schemas import Filtered
from search_api.spending import operations_seen

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from search_api.asking import Event

router = APIRouter()

_STREAM = "text/event-stream"


class AskRequest(Filtered):
    """A question, and who is to think about it."""

    query: str = Field(description="The question.", examples=["why are sessions refreshed twice"])
    defer: Action = Field(
        default=Action.HANDBACK,
        description="handback: you think, and get the code. answer: the thinking tier does. never: a search.",
    )
    max_tokens: int = Field(
        default=PACK_TOKENS,
        description="What the context pack may cost a model that reads it.",
        json_schema_extra={"minimum": MIN_TOKENS, "maximum": MAX_PACK_TOKENS},
    )


class RouteRequest(BaseModel):
    """A text, and what it is."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=16_384, examples=["rename the config key in every service"])
    kind: Literal["task", "query"] = "task"


class Route(BaseModel):
    """Where a text belongs, and why. `scores` are those of every label."""

    kind: str
    label: str
    reason: str
    signals: list[str]
    scores: dict[str, float]
    abstained: bool


class LedgerRequest(BaseModel):
    """Which days to add up; both are UTC days, and included."""

    model_config = ConfigDict(extra="forbid")

    since: date | None = Field(default=None, description="Default: `until`.")
    until: date | None = Field(default=None, description="Default: today.")


class TierCosts(BaseModel):
    """What one tier did: `cost_usd` on the bill, `api_equivalent_usd` at list price."""

    tier: str
    operations: int
    cost_usd: float
    api_equivalent_usd: float
    unknown: int = Field(description="Operations of unknown cost, in neither sum.")


class AllOpus(BaseModel):
    """What the same tokens cost at one Opus row; an estimate."""

    model: str
    input_per_million: float
    output_per_million: float
    as_of: str
    cost_usd: float


class LedgerTable(BaseModel):
    """Operations and cost per tier. A key with a scope sees only its own."""

    since: date
    until: date = Field(description="Excluded.")
    tiers: list[TierCosts]
    cost_usd: float
    api_equivalent_usd: float
    all_opus: list[AllOpus]
    method: str
    left_out: int


@router.post(
    "/v1/ask",
    operation_id="ask",
    response_model=Asked,
    responses={
        **problems(*BODY_STATUSES),
        200: {
            "description": "The end of it, or with Accept: text/event-stream every event.",
            "content": {_STREAM: {}},
        },
    },
)
async def post_ask(
    request: AskRequest, deferrer: DeferrerOf, caller: CallerOf, connection: Request
) -> Asked | StreamingResponse:
    """Ask. A tier that gives no answer is no error: the context pack is handed back with the reason.

    With `Accept: text/event-stream` the reply is a stream: `began`, then `text`, `citation`,
    `citation-rejected` and `voided`, and at the end `ended`, which has everything.
    """
    query = question(
        request.query,
        **request.filters(),
        pack_tokens=request.max_tokens,
    )
    if _STREAM not in connection.headers.get("accept", ""):
        return await deferrer.whole(query, request.defer, caller)
    events = deferrer.ask(query, request.defer, caller)
    first = await anext(events)  # what the search refuses is a problem document, not half a stream
    return StreamingResponse(_stream(first, events), media_type=_STREAM, headers={"X-Accel-Buffering": "no"})


@router.post("/v1/route", operation_id="route", responses=problems(*BODY_STATUSES))
async def post_route(request: RouteRequest) -> Route:
    """Say which tier does a task, or how a search query is answered. Nobody is asked."""
    from model_chain.router.decision import route  # noqa: PLC0415 - reads its weights on first use

    decision = await run_in_threadpool(route, encodable(request.text), request.kind)
    return Route(
        kind=decision.kind,
        label=decision.label,
        reason=decision.reason,
        signals=list(decision.signals),
        scores=dict(decision.scores),
        abstained=decision.abstained,
    )


@router.get("/v1/ledger", operation_id="ledger", responses=problems(422))
async def get_ledger(
    request: Annotated[LedgerRequest, Query()], chain: ChainOf, caller: CallerOf
) -> LedgerTable:
    """What each tier did and cost, and what the same would have cost on Opus alone."""
    from model_chain.typical_day import day_document, summarise_day  # noqa: PLC0415 - where there is a chain

    last = request.until or datetime.now(UTC).date()
    since, until = request.since or last, last if last == date.max else last + timedelta(days=1)
    operations = await operations_seen(chain, caller, since, until)
    table = day_document(summarise_day(operations), since.isoformat(), until.isoformat())
    return LedgerTable.model_validate(table)


async def _stream(first: Event, events: AsyncGenerator[Event, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(events):
        yield _event(first)
        async for event in events:
            yield _event(event)


def _event(event: Event) -> bytes:
    told = event.asked if isinstance(event, Began | Ended) else event
    return format_sse_event(event=EVENT_NAMES[type(event)], data_str=json.dumps(asdict(told)))
