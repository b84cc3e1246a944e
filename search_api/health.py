"""Alive is not ready: /healthz says the process answers, /readyz that a search would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index_store.errors import IndexStoreError
from search_api.errors import IndexNotReady, SearchTimedOut
from search_api.query import Mode, parse_query
from search_api.schemas import Ready

if TYPE_CHECKING:
    from search_api.search import Searcher

# Runs every list of a hybrid search; whether it finds anything does not matter.
_PROBE = parse_query("ready to serve", mode=Mode.HYBRID, limit=1)


async def readiness(searcher: Searcher) -> Ready:
    """Ask a real question.

    Raises:
        IndexNotReady: no generation is open, or the open one does not answer; the message says why.
    """
    try:
        answer = await searcher.search(_PROBE)
    except (IndexStoreError, SearchTimedOut) as error:
        raise IndexNotReady(f"The index does not answer: {error}") from error
    return Ready(generation=answer.index.generation, degraded=list(answer.degraded))
