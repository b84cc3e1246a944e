"""The tools through the official client, over HTTP and over standard input and output."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from search_api.keys import Keys
from search_api.limits import CHARACTERS_PER_TOKEN, MIN_TOKENS
from search_api.search import Searcher
from tests.shop import REFRESH, ROWS

pytestmark = pytest.mark.anyio

TOOLS = {
    "search_code", "find_similar", "lookup_symbol", "read_chunk", "list_repositories", "search_memory",
    "index_status",
}  # fmt: skip

# What each tool is called with in the tests that go through all of them.
CALLS: dict[str, dict[str, Any]] = {
    "search_code": {"query": "expired token"},
    "find_similar": {"code": REFRESH},
    "lookup_symbol": {"name": "Session.refresh"},
    "read_chunk": {"chunk_id": ROWS[0].id},
    "list_repositories": {},
    "search_memory": {"query": "deploy on fridays"},
    "index_status": {},
}

STDIO = """
import sys
from pathlib import Path
from model_chain.testing import FakeEmbedder
from nightdex.logs import configure_logs
from search_api.agents.stdio import serve_stdio
from search_api.options import ApiOptions
from search_api.server import ServiceOptions
configure_logs()
options = ApiOptions(memories=frozenset({"cards"}))
serve_stdio(ServiceOptions(Path(sys.argv[1]), lambda _: FakeEmbedder(), api=options))
"""


@pytest.fixture(params=["http", "http before 2026", "stdio"])
async def client(request: pytest.FixtureRequest, url: str, state_dir: Path) -> AsyncIterator[Client]:
    if request.param == "stdio":
        started = StdioServerParameters(command=sys.executable, args=["-c", STDIO, str(state_dir)])
        connected = Client(started)
    else:
        connected = Client(url, mode="auto" if request.param == "http" else "legacy")
    async with connected as client:
        yield client


async def call(client: Client, name: str, /, **arguments: Any) -> tuple[dict[str, Any], str]:
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    (text,) = result.content
    assert text.type == "text"
    return result.structured_content, text.text


async def refused(client: Client, name: str, /, **arguments: Any) -> str:
    result = await client.call_tool(name, arguments)
    assert result.is_error
    return "\n".join(block.text for block in result.content if block.type == "text")


async def test_every_tool_only_reads_has_a_schema_and_says_when_to_use_it(client: Client) -> None:
    tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == TOOLS == set(CALLS)
    for tool in tools:
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.destructive_hint is False
        assert tool.title
        assert tool.output_schema is not None
        assert tool.description is not None
        assert 80 < len(tool.description) < 600
        properties = tool.input_schema["properties"]
        assert all("description" in properties[name] for name in properties), tool.name
        assert "ctx" not in properties


async def test_each_tool_answers_by_its_schema(client: Client) -> None:
    for name, arguments in CALLS.items():
        # The client itself checks the structure against the schema that the tool declares.
        structured, text = await call(client, name, **arguments)
        assert structured, name
        assert text, name


async def test_what_the_tools_find_is_right(client: Client) -> None:
    found, text = await call(client, "search_code", query="expired token", limit=2)
    best = found["hits"][0]
    assert (best["repo"], best["path"], best["symbol"]) == ("shop", "src/auth/session.py", "Session.refresh")
    assert f"shop/src/auth/session.py:41-45  method Session.refresh  chunk_id={best['id']}" in text
    assert "   42     # Exchange an expired token for a new one." in text

    whole, text = await call(client, "read_chunk", chunk_id=best["id"], lines_around=3)
    assert "\n".join(whole["code"].split("\n")[3:8]) == REFRESH
    assert (whole["start_line"], whole["end_line"]) == (38, 48)

    similar, _ = await call(client, "find_similar", chunk_id=best["id"])
    assert best["id"] not in {hit["id"] for hit in similar["hits"]}
    symbol, _ = await call(client, "lookup_symbol", name="OpenVault")
    assert [(hit["repo"], hit["freshness"]) for hit in symbol["hits"]] == [("bank", "stale")]

    repositories, _ = await call(client, "list_repositories")
    assert [one["name"] for one in repositories["repositories"]] == ["bank", "cards", "shop"]
    memory, _ = await call(client, "search_memory", query="what did we decide about deploying")
    assert {hit["repo"] for hit in memory["hits"]} == {"cards"}
    status, text = await call(client, "index_status")
    assert (status["repositories"], status["stale_repositories"]) == (3, ["bank"])
    assert "stale: bank" in text


def test_every_tool_is_documented() -> None:
    document = (Path(__file__).parents[3] / "docs" / "API.md").read_text(encoding="utf-8")
    section = document.partition("## Agents")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \| [^|]+ \|$", section, re.MULTILINE)) == TOOLS


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("search_code", {"query": " "}, "empty"),
        ("search_code", {"query": "(", "mode": "exact", "regex": True}, "pattern"),
        ("search_code", {"query": "x", "limit": 0}, "limit"),
        ("search_code", {"query": "x", "mode": "fuzzy"}, "mode"),
        ("search_code", {}, "query"),
        ("find_similar", {}, "exactly one of"),
        ("find_similar", {"code": "x", "chunk_id": "y"}, "exactly one of"),
        ("find_similar", {"chunk_id": "0" * 16}, "Nothing is indexed"),
        ("read_chunk", {"chunk_id": "../../etc/passwd"}, "no chunk"),
        ("nothing_like_it", {}, "nothing_like_it"),
    ],
)
async def test_a_wrong_call_tells_the_agent_what_to_change(
    url: str, name: str, arguments: dict[str, Any], words: str
) -> None:
    async with Client(url) as client:
        try:
            said = await refused(client, name, **arguments)
        except MCPError as error:  # a call that fits no tool is an error of the protocol
            said = str(error)
        assert words in said


async def test_a_fault_of_ours_tells_the_agent_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fault(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(Searcher, "search", fault)
    async with Client(url) as client:
        said = await refused(client, "search_code", query="x")
    assert "secret" not in said
    assert "server failed" in said


async def test_an_answer_keeps_within_the_tokens_asked_for(url: str) -> None:
    async with Client(url) as client:
        for name, arguments in (
            ("search_code", {"query": "token session store"}),
            ("find_similar", {"code": REFRESH}),
            ("lookup_symbol", {"name": "Session"}),
        ):
            structured, text = await call(client, name, **arguments, max_tokens=MIN_TOKENS)
            assert len(json.dumps(structured)) <= MIN_TOKENS * CHARACTERS_PER_TOKEN + 400, name
            assert len(text) <= MIN_TOKENS * CHARACTERS_PER_TOKEN + 400
            assert structured["hits"]
        whole, _ = await call(client, "read_chunk", chunk_id=ROWS[0].id, lines_around=200)
        cut, text = await call(
            client, "read_chunk", chunk_id=ROWS[0].id, lines_around=200, max_tokens=MIN_TOKENS
        )
        assert len(cut["code"]) <= MIN_TOKENS * CHARACTERS_PER_TOKEN
        assert whole["code"].startswith(cut["code"])


async def test_a_scoped_key_sees_its_repositories_alone_in_every_tool(url: str, keys: Keys) -> None:
    _, token = keys.create(repos=["shop"], lifetime=None)
    bank = next(row for row in ROWS if row.repo == "bank")
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        for name, arguments in CALLS.items():
            for more in ({}, {"repositories": ["bank"]}):
                if more and name not in {"search_code", "find_similar", "lookup_symbol"}:
                    continue
                result = await client.call_tool(name, {**arguments, **more})
                assert "bank" not in result.model_dump_json(), name
                assert "Friday" not in result.model_dump_json(), name
        assert "no chunk" in await refused(client, "read_chunk", chunk_id=bank.id)
        assert "Nothing is indexed" in await refused(client, "find_similar", chunk_id=bank.id)


INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


def test_the_exact_address_answers_at_once(url: str) -> None:
    reply = httpx.post(url, json=INITIALIZE, headers=ACCEPT, follow_redirects=False)
    assert reply.status_code == 200
    assert reply.json()["result"]["serverInfo"]["name"] == "nightdex"
    assert "instructions" in reply.json()["result"]
    assert reply.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_there_is_no_session_to_listen_to_or_to_end(url: str, method: str) -> None:
    reply = httpx.request(method, url, headers=ACCEPT)
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer nonsense"}, 401),
        ({"Host": "evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
def test_the_gate_stands_before_the_tools_too(url: str, headers: dict[str, str], status: int) -> None:
    sent = {"Content-Type": "application/json", **ACCEPT, **headers}
    reply = httpx.post(url, content=json.dumps(INITIALIZE), headers=sent)
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
