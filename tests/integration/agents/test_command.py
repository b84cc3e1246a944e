"""`nightdex mcp` as an agent starts it: the real command over a real night."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from tests.repositories import commit

pytestmark = pytest.mark.anyio

NIGHTDEX = str(Path(sys.executable).with_name("nightdex"))


async def test_an_agent_starts_the_command_and_finds_code_and_cards(tmp_path: Path) -> None:
    commit(
        tmp_path / "shop",
        {"session.py": "def refresh(token):\n    '''Exchange an expired token.'''\n    return token\n"},
    )
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "deploy.md").write_text("# Deploying\nNever on Fridays.\n")
    config = tmp_path / "repos.toml"
    config.write_text(
        '[index]\nstate_dir = "state"\n[embedding]\nprovider = "embedded"\n[[repo]]\npath = "shop"\n'
        '[[cards]]\npath = "cards"\n'
    )
    started = StdioServerParameters(command=NIGHTDEX, args=["mcp", "--config", str(config)])
    async with Client(started) as client:
        early = await client.call_tool("search_code", {"query": "expired token"})
        assert early.is_error
        assert "nightdex run" in str(early.content)
        command = [NIGHTDEX, "run", "--config", str(config)]
        await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
        for _ in range(200):  # the new index is noticed within half a second
            code = await client.call_tool("search_code", {"query": "expired token"})
            if not code.is_error:
                break
            await asyncio.sleep(0.1)
        assert code.structured_content is not None
        (hit, *_) = code.structured_content["hits"]
        assert (hit["repo"], hit["symbol"], hit["freshness"]) == ("shop", "refresh", "current")
        card = await client.call_tool("search_memory", {"query": "when do we deploy"})
        assert card.structured_content is not None
        assert [(one["repo"], one["path"]) for one in card.structured_content["hits"]] == [
            ("cards", "deploy.md")
        ]
