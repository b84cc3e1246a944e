"""The server's end of the socket in the state directory: commands of its owner ask, and need no key.

```
the command                                     the server
one line: whatever `answer` understands     ->
                                            <-  HEARD, as soon as the line is read
                                            <-  the answer, and the end; the end alone where there is none
```

Without an answer a command does by itself what it asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from search_api.limits import (
    COMMAND_DEADLINE_S,
    MAX_COMMAND_BYTES,
    MAX_COMMANDS_WAITING,
    SHUTDOWN_GRACE_S,
    SOCKET_POLL_S,
)
from search_api.socket_file import HEARD, SOCKET_NAME, is_same_user, socket_address

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from search_api.search import Searcher

log = structlog.get_logger(__name__)

# Answers what a command has sent; None where the command had better do without.
CommandAnswerer = Callable[["Searcher", bytes], Awaitable[bytes | None]]


@asynccontextmanager
async def answering_commands(
    state_dir: Path, searcher: Searcher, answer: CommandAnswerer | None
) -> AsyncIterator[None]:
    """Answer the owner's commands for the length of the block, and to their end those that came in time.

    A state directory where no socket can be made is served without one. Of several servers of one directory
    the first has it, and another when that one is gone.
    """
    if answer is None:
        yield
        return
    desk = _Desk(state_dir, searcher, answer)
    await desk.open()
    keeping = asyncio.create_task(desk.keep_open())
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await desk.close()


class _Desk:
    def __init__(self, state_dir: Path, searcher: Searcher, answer: CommandAnswerer) -> None:
        self._state_dir = state_dir
        self._path = state_dir / SOCKET_NAME
        self._searcher = searcher
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._file: tuple[int, int] | None = None
        self._running: set[asyncio.Future[bytes | None]] = set()
        self._complaint = ""

    async def keep_open(self) -> None:
        """Listen also once the folder appears, and again when the file is gone; until cancelled."""
        while True:
            await asyncio.sleep(SOCKET_POLL_S)
            await self.open()

    async def open(self) -> None:
        """Listen, where nobody does."""
        try:
            if not self._is_ours() and not self._is_taken():
                await self._listen()
                self._complaint = ""
        except FileNotFoundError:
            pass  # the first night makes the folder
        except OSError as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                log.warning("no_command_socket", reason=self._complaint)

    async def close(self) -> None:
        """Take the file away, and finish what was asked before."""
        if self._is_ours():
            with contextlib.suppress(OSError):
                self._path.unlink()
        if self._server is not None:
            self._server.close()
        if self._running:
            await asyncio.wait(self._running, timeout=SHUTDOWN_GRACE_S)

    def _is_ours(self) -> bool:
        try:
            return _identity(self._path) == self._file
        except OSError:
            return False

    def _is_taken(self) -> bool:
        """Whether somebody listens there; what a killed server left behind refuses at once."""
        with socket.socket(socket.AF_UNIX) as probe, socket_address(self._state_dir) as address:
            probe.settimeout(0)
            try:
                probe.connect(address)
            except (ConnectionRefusedError, FileNotFoundError):
                return False
            except BlockingIOError:
                pass  # its queue is full
            return True

    async def _listen(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self._path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX)
        try:
            # Linux gives the file the rights of the socket: at no moment has it others.
            os.fchmod(listening.fileno(), 0o600)
            with socket_address(self._state_dir) as address:
                listening.bind(address)
            self._file = _identity(self._path)
            self._server = await asyncio.start_unix_server(
                self._serve, sock=listening, limit=MAX_COMMAND_BYTES, backlog=MAX_COMMANDS_WAITING
            )
        except BaseException:
            listening.close()
            raise

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(COMMAND_DEADLINE_S):
                if is_same_user(writer.get_extra_info("socket")):
                    await self._converse(reader, writer)
        except (OSError, TimeoutError, ValueError):
            pass  # the command is gone, or it is none
        except Exception as fault:  # noqa: BLE001 - the command does it by itself, and says what is wrong
            log.error("command_fault", kind=type(fault).__name__)  # noqa: TRY400 - a trace may hold the query
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent = await reader.readline()
        started = time.perf_counter()
        writer.write(HEARD)
        task = asyncio.ensure_future(self._answer(self._searcher, sent))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        answer = await task
        if answer is not None:
            writer.write(answer)
        await writer.drain()
        # PRIVACY: as for a request, a line without what was asked.
        log.info("command", answered=answer is not None, ms=round((time.perf_counter() - started) * 1000, 1))


def _identity(path: Path) -> tuple[int, int]:
    status = path.lstat()
    return status.st_dev, status.st_ino
