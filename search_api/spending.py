"""What the chain wrote down, as far as a caller may see it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from search_api.errors import LedgerUnreadable

if TYPE_CHECKING:
    from model_chain.chain import Chain
    from model_chain.ledger import Operation
    from search_api.caller import Caller


async def operations_seen(chain: Chain | None, caller: Caller, since: date, until: date) -> list[Operation]:
    """The operations of whole days (UTC, `until` excluded), oldest first; none without a chain.

    SECURITY: whoever sees only some repositories sees only what was spent in their own name.

    Raises:
        LedgerUnreadable: the ledger is locked or damaged.
    """
    from model_chain.ledger import LedgerUnavailable  # noqa: PLC0415 - the chain's, where there is one

    if chain is None:
        return []
    try:
        operations = await run_in_threadpool(chain.account.ledger.operations, _start(since), _start(until))
    except LedgerUnavailable as error:
        raise LedgerUnreadable(str(error)) from error
    return [one for one in operations if caller.scope is None or one.caller == caller.name]


def _start(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
