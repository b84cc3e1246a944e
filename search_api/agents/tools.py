"""The tools: thin over the Searcher, in the caller's scope, each answer within a number of tokens.

The docstring of a tool is what an agent chooses by.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import structlog
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent
from pydantic import Field

from index_store.errors import IndexStoreError
from search_api.agents.replies import ChunkText, CodeHits, IndexStatus, Reply, RepositoryList
from search_api.caller import LOCAL, Caller
from search_api.errors import SearchError, SimilarToWhat
from search_api.limits import (
    AGENT_HITS,
    AGENT_TOKENS,
    CHARACTERS_PER_TOKEN,
    MAX_LIMIT,
    MAX_LINES_AROUND,
    MAX_TOKENS,
    MAX_WINDOW,
    MIN_TOKENS,
)
from search_api.query import Mode, parse_query
from search_api.reading import IndexedFile, read_chunk, read_file
from search_api.similar import Like
from search_api.views import repositories_of, status_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from search_api.search import Searcher

log = structlog.get_logger(__name__)

Repositories = Annotated[tuple[str, ...], Field(description="Only these, as list_repositories names them.")]
Languages = Annotated[tuple[str, ...], Field(description="Only these, such as python or go.")]
Paths = Annotated[
    tuple[str, ...], Field(description="Only below these folders, in these files, or matching these globs.")
]
Kinds = Annotated[
    tuple[str, ...], Field(description="Only these: function, method, class, struct, test, section, ...")
]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Hits at most.")]
Offset = Annotated[int, Field(ge=0, le=MAX_WINDOW - 1, description="Where to go on, as next_offset said.")]
Tokens = Annotated[int, Field(ge=MIN_TOKENS, le=MAX_TOKENS, description="What the answer may cost you.")]


class Tools:
    """The tools over one searcher. `memories` names the repositories that hold knowledge cards."""

    def __init__(self, searcher: Searcher, memories: frozenset[str]) -> None:
        self._searcher = searcher
        self._memories = memories

    async def search_code(
        self,
        ctx: Context[Any],
        *,
        query: Annotated[
            str, Field(description="What the code does, in words; or a name; or a text in quotes.")
        ],
        mode: Annotated[
            Mode, Field(description="auto chooses; exact matches literally; symbol finds names.")
        ] = Mode.AUTO,
        repositories: Repositories = (),
        languages: Languages = (),
        paths: Paths = (),
        kinds: Kinds = (),
        limit: Limit = AGENT_HITS,
        offset: Offset = 0,
        max_tokens: Tokens = AGENT_TOKENS,
        regex: Annotated[bool, Field(description="With mode exact: `query` is an RE2 pattern.")] = False,
    ) -> Annotated[CallToolResult, CodeHits]:
        """Find code in ALL indexed repositories by what it does, before you grep, find or read files.

        One call replaces many greps: it understands questions in plain words ("where are sessions
        refreshed"), names (`Session.refresh`) and literal text in quotes. You get functions and classes with
        repository, path, lines, a description and the lines that matter; read_chunk has all of a hit.
        """
        with _telling():
            asked = parse_query(
                query,
                mode=mode,
                repos=repositories,
                languages=languages,
                paths=paths,
                kinds=kinds,
                limit=limit,
                offset=offset,
                max_tokens=max_tokens,
                regex=regex,
            )
            return _result(CodeHits.of(await self._searcher.search(asked, _caller(ctx).scope)))

    async def find_similar(
        self,
        ctx: Context[Any],
        *,
        chunk_id: Annotated[str, Field(description="The id of a hit.")] = "",
        location: Annotated[str, Field(description="Or a place: repository:path:line.")] = "",
        code: Annotated[str, Field(description="Or the code itself.")] = "",
        repositories: Repositories = (),
        languages: Languages = (),
        limit: Limit = AGENT_HITS,
        max_tokens: Tokens = AGENT_TOKENS,
    ) -> Annotated[CallToolResult, CodeHits]:
        """Find code that does the same as a given piece: duplicates, precedents, other callers of a pattern.

        Use it before writing a new helper (does one exist?), when fixing a bug (where else is it?) and to see
        how the other repositories solve the same thing. Give exactly one of chunk_id, location and code.
        """
        with _telling():
            given = [text for text in (chunk_id, location, code) if text]
            if len(given) != 1:
                raise SimilarToWhat("Give exactly one of chunk_id, location (repository:path:line) and code.")
            asked = parse_query(
                given[0],
                mode=Mode.SIMILAR,
                repos=repositories,
                languages=languages,
                limit=limit,
                max_tokens=max_tokens,
            )
            question = asked if code else Like(asked)
            return _result(CodeHits.of(await self._searcher.search(question, _caller(ctx).scope)))

    async def lookup_symbol(
        self,
        ctx: Context[Any],
        *,
        name: Annotated[str, Field(description="Session, Session.refresh, or the beginning of a name.")],
        repositories: Repositories = (),
        languages: Languages = (),
        kinds: Kinds = (),
        limit: Limit = AGENT_HITS,
        max_tokens: Tokens = AGENT_TOKENS,
    ) -> Annotated[CallToolResult, CodeHits]:
        """Find where a function, method, class or type is DEFINED, by its name, in all repositories.

        Faster and surer than grepping for `def name`: no comments, no callers, no strings; namesakes in other
        repositories are listed too. For a question in words use search_code.
        """
        with _telling():
            asked = parse_query(
                name,
                mode=Mode.SYMBOL,
                repos=repositories,
                languages=languages,
                kinds=kinds,
                limit=limit,
                max_tokens=max_tokens,
            )
            return _result(CodeHits.of(await self._searcher.search(asked, _caller(ctx).scope)))

    async def read_chunk(
        self,
        ctx: Context[Any],
        *,
        chunk_id: Annotated[str, Field(description="The id of a hit.")],
        lines_around: Annotated[
            int, Field(ge=0, le=MAX_LINES_AROUND, description="Lines to add before and after it.")
        ] = 0,
        max_tokens: Tokens = AGENT_TOKENS,
    ) -> Annotated[CallToolResult, ChunkText]:
        """Read the full code of a hit, with as many lines around it as you need.

        Reads what was indexed, in any repository, without opening files. If a hit says "file changed since",
        read the file itself when the difference matters.
        """
        with _telling():
            caller = _caller(ctx)
            async with self._searcher.opened() as generation:
                chunk = await read_chunk(generation, caller, chunk_id)
                file = await read_file(
                    generation,
                    caller,
                    chunk.repo,
                    chunk.path,
                    first=max(1, chunk.start_line - lines_around),
                    last=chunk.end_line + lines_around,
                )
            return _result(_within(file, max_tokens))

    async def list_repositories(self, ctx: Context[Any]) -> Annotated[CallToolResult, RepositoryList]:
        """List the repositories that can be searched, with commit and size.

        Use it once to learn the names for the `repositories` filter; you need not call it before a search.
        """
        with _telling():
            generation = self._searcher.serving.current()
            return _result(RepositoryList.of(repositories_of(generation, _caller(ctx))))

    async def search_memory(
        self,
        ctx: Context[Any],
        *,
        query: Annotated[str, Field(description="What you want to know.")],
        limit: Limit = AGENT_HITS,
        max_tokens: Tokens = AGENT_TOKENS,
    ) -> Annotated[CallToolResult, CodeHits]:
        """Search the user's knowledge cards: decisions, conventions, how-tos, findings they wrote down.

        Ask it before you assume how something is done here, and when the user says "as we decided" or "as
        usual". It finds no code; for that use search_code.
        """
        with _telling():
            if not self._memories:
                raise ToolError(
                    "No cards are configured: add a [[cards]] path to repos.toml and run the night."
                )
            caller = _caller(ctx)
            scope = self._memories if caller.scope is None else self._memories & caller.scope
            asked = parse_query(query, limit=limit, max_tokens=max_tokens)
            return _result(CodeHits.of(await self._searcher.search(asked, scope)))

    async def index_status(self, ctx: Context[Any]) -> Annotated[CallToolResult, IndexStatus]:
        """Tell how old and how whole the index is.

        Use it when hits look out of date or are missing; ordinary searches need no look at it first.
        """
        with _telling():
            generation = self._searcher.serving.current()
            status = status_of(generation, _caller(ctx))
            return _result(
                IndexStatus(
                    generation=status.generation,
                    built_at=status.built_at,
                    repositories=status.repositories,
                    chunks=status.chunks,
                    stale_repositories=status.stale_repositories,
                    embedder=status.embedder,
                    embedder_up=generation.embedder.is_up,
                )
            )


def _caller(ctx: Context[Any]) -> Caller:
    """Who called: over HTTP the one the gate let in, over standard input whoever started this process."""
    request = ctx.request_context.request
    return LOCAL if request is None else request.state.caller


def _result(reply: Reply) -> CallToolResult:
    text = TextContent(type="text", text=reply.text())
    return CallToolResult(content=[text], structured_content=reply.model_dump(mode="json"))


def _within(file: IndexedFile, max_tokens: int) -> ChunkText:
    """As many whole lines as have room, at least one."""
    room = max_tokens * CHARACTERS_PER_TOKEN
    end = file.start_line
    for number, line in enumerate(file.text.split("\n"), start=file.start_line):
        room -= len(line) + 1
        if room < 0 and number > file.start_line:
            break
        end = number
    notes = []
    if end < file.end_line:
        notes.append(f"Cut after line {end} of {file.end_line}; raise max_tokens for the rest.")
    if file.stale:
        notes.append("This repository could not be read last night; the text is from an earlier one.")
    return ChunkText.of(file, end, notes)


@contextmanager
def _telling() -> Iterator[None]:
    """Tell the agent what it can do about an error, and nothing about a fault of ours."""
    try:
        yield
    except ToolError:
        raise
    except (SearchError, IndexStoreError) as error:
        raise ToolError(str(error)) from error
    except Exception as fault:  # noqa: BLE001 - the agent's last line of defence
        # Neither the message nor the locals: both may hold the query.
        log.error("tool_fault", kind=type(fault).__name__)  # noqa: TRY400 - as above
        raise ToolError("The server failed on this call; its log says more. Try another query.") from None
