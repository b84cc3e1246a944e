"""The MCP server around the tools."""

from __future__ import annotations

from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

from mcp.server.mcpserver import MCPServer
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import ToolAnnotations
from starlette.routing import Route

from search_api.agents.tools import Tools

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

    from search_api.search import Searcher

PATH = "/mcp"

INSTRUCTIONS = """\
nightdex has read every repository of this user and cut it into functions, classes and sections, each with a
description. Search here first, in all repositories at once; grep, find and reading whole files come after,
and rarely. search_code for questions and text, lookup_symbol for definitions by name, find_similar for code
like other code, read_chunk for the full text of a hit, search_memory for what the user wrote down."""


def mcp_server(searcher: Searcher, memories: frozenset[str]) -> MCPServer:
    """The server with every tool; all of them only read."""
    server = MCPServer(
        "nightdex",
        title="nightdex",
        instructions=INSTRUCTIONS,
        version=version("nightdex"),
        log_level="WARNING",
    )
    tools = Tools(searcher, memories)
    reading = ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    )
    for title, tool in (
        ("Search code", tools.search_code),
        ("Find similar code", tools.find_similar),
        ("Look up a symbol", tools.lookup_symbol),
        ("Read a chunk", tools.read_chunk),
        ("List repositories", tools.list_repositories),
        ("Search memory", tools.search_memory),
        ("Index status", tools.index_status),
    ):
        server.add_tool(tool, title=title, annotations=reading, structured_output=True)
    return server


class McpOverHttp:
    """Streamable HTTP at exactly PATH, without sessions: every request stands alone, as the index does."""

    def __init__(self, server: MCPServer) -> None:
        # The gate before all routes has checked host, origin and key.
        open_to_the_gate = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        server.streamable_http_app(
            json_response=True, stateless_http=True, transport_security=open_to_the_gate
        )
        self._manager = server.session_manager
        self.route = Route(PATH, self, methods=["POST"], include_in_schema=False)
        self._answer = StreamableHTTPASGIApp(self._manager)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope["route"] = self.route  # FastAPI names its own routes only; the log and the metrics want it
        await self._answer(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer requests while inside."""
        async with self._manager.run():
            yield
