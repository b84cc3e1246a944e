"""What agents are shown over standard input and output counts as much as what a page shows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters

from index_store.shown import ShownCounts
from tests.integration.agents.test_tools import STDIO, call
from tests.shop import ROWS, publish, shop_states

pytestmark = pytest.mark.anyio


async def test_hits_for_an_agent_are_counted_when_its_server_ends(tmp_path: Path) -> None:
    publish(tmp_path, ROWS, shop_states())
    started = StdioServerParameters(command=sys.executable, args=["-c", STDIO, str(tmp_path)])
    async with Client(started) as client:
        found, _ = await call(client, "search_code", query="session refresh", limit=2)
    assert ShownCounts(tmp_path).read() == {hit["id"]: 1 for hit in found["hits"]}
