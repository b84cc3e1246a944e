"""The one place where the programs of outer tiers are started: scrubbed, bounded, and ended with their group.

SECURITY: a model process sees the variables listed here and no others. The caller's environment holds keys
of other services and, below Claude Code, a messaging token.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from model_chain.errors import ChainRecursion, CliMissing, Permanent
from model_chain.guard.hook import RECURSION_VARIABLE
from model_chain.limits import CHAIN_DEPTH, LONGEST_SESSION_LINE, STDERR_BYTES, TERMINATE_SECONDS

_PASSED_ON = (
    "HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR",
    "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "http_proxy", "https_proxy", "all_proxy", "no_proxy",
)  # fmt: skip

# Where installers put programs that a service's PATH does not have.
_USER_PROGRAMS = ("~/.local/bin", "~/.claude/local", "~/.npm-global/bin", "~/.bun/bin")


def child_environment(more: Iterable[str], environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a model process may see: the basics, the variables named, and one level deeper in the chain."""
    kept = {name: environ[name] for name in (*_PASSED_ON, *more) if name in environ}
    return {**kept, RECURSION_VARIABLE: str(chain_depth(environ) + 1)}


def chain_depth(environ: Mapping[str, str] = os.environ) -> int:
    """How many models of the chain stand above this process."""
    depth = environ.get(RECURSION_VARIABLE, "0")
    return int(depth) if depth.isdigit() else 1


def refuse_recursion(environ: Mapping[str, str] = os.environ) -> None:
    """Raise ChainRecursion in a process that a model of the chain started."""
    if chain_depth(environ) >= CHAIN_DEPTH:
        raise ChainRecursion(
            "this process was started by a model of the chain, which may not ask the chain again: "
            "do the work here."
        )


def find_command(name: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """The program, on PATH or where installers put it for one user; None where there is none."""
    home = environ.get("HOME", "")
    folders = [environ.get("PATH", os.defpath)]
    folders += [folder.replace("~", home, 1) for folder in _USER_PROGRAMS if home]
    return shutil.which(os.path.expanduser(name), path=os.pathsep.join(folders))  # noqa: PTH111 - may be a bare name


class ModelProcess:
    """A running model program. Read `lines` to their end, then `status` and `complaint` are known."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._complaint = b""
        self.status = 0

    async def lines(self) -> AsyncGenerator[dict[str, Any], None]:
        """Every JSON object it prints, a line each; other lines are passed over.

        Raises:
            Permanent: a line is longer than any reply.
        """
        assert self._process.stdout is not None  # noqa: S101 - told to create_subprocess_exec below
        while True:
            try:
                raw = await self._process.stdout.readline()
            except ValueError:
                raise Permanent(f"the program printed a line over {LONGEST_SESSION_LINE} bytes.") from None
            if not raw:
                break
            try:
                line = json.loads(raw)
            except (ValueError, RecursionError):
                continue
            if isinstance(line, dict):
                yield line
        self.status = await self._process.wait()

    @property
    def complaint(self) -> str:
        """The end of what it wrote to standard error, one line."""
        return " ".join(self._complaint.decode("utf-8", "replace").split())

    async def _feed(self, given: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - as above
        with contextlib.suppress(ConnectionError):  # it ended before it had read everything
            self._process.stdin.write(given)
            await self._process.stdin.drain()
        with contextlib.suppress(ConnectionError):
            self._process.stdin.close()
            await self._process.stdin.wait_closed()

    async def _listen(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - as above
        while block := await self._process.stderr.read(STDERR_BYTES):
            self._complaint = (self._complaint + block)[-STDERR_BYTES:]

    async def end(self) -> None:
        """End it and everything in its group, politely first, and close its pipes."""
        for how in (signal.SIGTERM, signal.SIGKILL):
            if self._process.returncode is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, how)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), TERMINATE_SECONDS)
        # asyncio offers no public way to close the pipes of a process whose output nobody reads to the end.
        self._process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001


@asynccontextmanager
async def model_process(
    command: Sequence[str], *, environment: Mapping[str, str], folder: Path, given: bytes
) -> AsyncIterator[ModelProcess]:
    """Start a program, hand it `given` on standard input, and see to it that it is gone afterwards.

    Raises:
        CliMissing: it cannot be started.
        ChainRecursion: this process was itself started by a model of the chain.
    """
    refuse_recursion()
    starting = asyncio.create_task(
        asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(environment),
            cwd=folder,
            limit=LONGEST_SESSION_LINE,
            start_new_session=True,
        )
    )
    try:
        running = ModelProcess(await asyncio.shield(starting))
    except OSError as error:
        raise CliMissing(f"{command[0]} cannot be started in {folder}: {error.strerror}.") from error
    except asyncio.CancelledError:
        # Cancelled half-way, asyncio waits for a process whose pipes it never connects: for ever.
        with contextlib.suppress(OSError):
            await ModelProcess(await starting).end()
        raise
    beside = [asyncio.create_task(running._feed(given)), asyncio.create_task(running._listen())]  # noqa: SLF001 - one unit
    try:
        yield running
        await asyncio.gather(*beside)
    finally:
        for task in beside:
            task.cancel()
        await asyncio.shield(running.end())
        await asyncio.gather(*beside, return_exceptions=True)
