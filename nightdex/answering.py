"""What a server tells a `nightdex search` of its own user: what that would print by itself."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import typer

from index_store.errors import IndexStoreError
from index_store.generations import current_generation
from nightdex.asked import Asked, read_command_line
from nightdex.configuration import Configuration, load_configuration
from nightdex.errors import ConfigurationError
from search_api.cli import write_answer
from search_api.errors import IndexNotReady, SearchError, ServerBusy
from search_api.query import Mode

if TYPE_CHECKING:
    from search_api.search import Searcher


class CommandLine(TypedDict):
    """What a command sends, in one line of JSON.

    `installation` is the nightdex that it belongs to; `config` the value of --config, `file` the absolute
    path of the repos.toml it goes by; `environ` the variables that change what it prints; `terminal`
    whether a terminal shows it.
    """

    installation: list[str | int]
    arguments: list[str]
    config: str | None
    file: str
    environ: dict[str, str]
    terminal: bool


@dataclass(frozen=True, slots=True)
class Answering:
    """Answers commands that go by the same configuration as the server, and no others.

    Attributes:
        configuration: the server's own.
        installation: the nightdex that it runs, as it was when the server started.
    """

    configuration: Configuration
    installation: list[str | int]

    async def __call__(self, searcher: Searcher, sent: bytes) -> bytes | None:
        """What to print, or how it fails, as JSON.

        None where the command might print something else by itself: another configuration or nightdex, a
        command line or a repos.toml with an error, a generation that is not open yet, an embedder that does
        not answer in the time that a server has for it.
        """
        line: CommandLine = json.loads(sent)
        asked = await asyncio.to_thread(self._read, line)
        if asked is None:
            return None
        try:
            printed = await self._search(searcher, asked, line)
        except (IndexNotReady, IndexStoreError, ServerBusy):
            return None
        except SearchError as error:
            printed = {"detail": str(error), "code": error.code, "exit_status": error.exit_status}
        return None if printed is None else json.dumps(printed).encode()

    def _read(self, line: CommandLine) -> Asked | None:
        if line["installation"] != self.installation:
            return None
        try:
            theirs = load_configuration(Path(line["file"]), line["environ"])
            asked = _command()(line["arguments"], prog_name="nightdex search", standalone_mode=False)
        except (ConfigurationError, SearchError, typer.TyperException):
            return None
        if not isinstance(asked, Asked) or asked.config != (Path(line["config"]) if line["config"] else None):
            return None
        ours = self.configuration
        same = (theirs.place, theirs.state_dir) == (ours.place, ours.state_dir)
        return asked if same and theirs.settings.embedding == ours.settings.embedding else None

    async def _search(
        self, searcher: Searcher, asked: Asked, line: CommandLine
    ) -> dict[str, str | int] | None:
        newest = await asyncio.to_thread(current_generation, self.configuration.state_dir)
        async with searcher.serving.current().request() as generation:
            if generation.number != newest:
                return None
            answer = await searcher.search(asked.question)
            # Exact searches give up after the same time everywhere; other answers lack an embedder.
            lacking = answer.degraded and answer.mode != Mode.EXACT
            if lacking or answer.index.generation != newest:
                return None
            out, err = _Page(terminal=line["terminal"]), io.StringIO()
            await asyncio.to_thread(
                write_answer,
                answer,
                generation.repositories,
                asked.output,
                to=out,
                beside=err,
                environ=line["environ"],
            )
        return {"out": out.getvalue(), "err": err.getvalue()}


class _Page(io.StringIO):
    """What a command will print, as rich has to see it."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@cache
def _command() -> Callable[..., object]:
    app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    # Its help would be printed by the server; without that option the command prints its own.
    app.command(add_help_option=False)(read_command_line)
    return typer.main.get_command(app)
