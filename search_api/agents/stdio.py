"""The tools over standard input and output, for an agent that starts its own server."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from index_store.errors import IndexStoreError
from search_api.agents.server import mcp_server
from search_api.search import Searcher
from search_api.serving import Serving
from search_api.shown import ShownHits

if TYPE_CHECKING:
    from search_api.server import ServiceOptions


def serve_stdio(options: ServiceOptions) -> None:
    """Answer on standard output until standard input ends; nothing else may be written there.

    Without an index it starts, and says so with each call; a new night is followed.
    """
    asyncio.run(_serve(options))


async def _serve(options: ServiceOptions) -> None:
    serving = Serving(options.state_dir, options.embedder_for)
    shown = ShownHits(options.state_dir)
    searcher = Searcher(serving, read_head=options.api.read_head, on_shown=shown.count)
    with contextlib.suppress(IndexStoreError):  # every call says why
        await serving.refresh()
    following = asyncio.create_task(serving.follow())
    try:
        async with shown.saving():
            await mcp_server(searcher, options.api.memories).run_stdio_async()
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await searcher.close()
