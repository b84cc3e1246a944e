"""The one place where git is started.

SECURITY: every git process of nightdex goes through `GitProcess`. Arguments are lists, user input stands
behind a fixed prefix or `--`, the environment is built from nothing, and there is no terminal.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from indexer.errors import SourceUnreadable
from indexer.git.environment import reading_environment, settings
from indexer.limits import (
    GIT_STALL_SECONDS,
    MAX_ANSWER_BYTES,
    MAX_GIT_CPU_SECONDS,
    MAX_GIT_FILE_BYTES,
    MAX_GIT_MEMORY,
    MAX_GIT_WORDS,
)

_BLOCK = 1 << 16


class GitProcess:
    """One running git whose output is read piece by piece; never more than asked for is held.

    Use as a context manager. Leaving it normally waits for git and checks its exit status; leaving it
    with an error, or before the output ends, kills git and what it started.

    Args:
        git_dir: the repository, absolute; nothing above it is ever looked at.
        arguments: the command and its arguments.
        given: what git reads from its standard input; closed otherwise.
        environment: what git sees; for reading by default.
        fetching: whether the command talks to a remote.
        seconds: how long git may be silent while its output is awaited.

    Raises:
        SourceUnreadable: git failed, fell silent, or could not be started; the message has its words.
    """

    def __init__(
        self,
        git_dir: Path,
        arguments: Sequence[str],
        *,
        given: bytes = b"",
        environment: Mapping[str, str] | None = None,
        fetching: bool = False,
        seconds: float = GIT_STALL_SECONDS,
    ) -> None:
        self._git_dir = git_dir
        self._command = f"git {arguments[0]}"
        self._seconds = seconds
        self._buffer = bytearray()
        self._ended = False
        options = [f"--git-dir={git_dir}", *settings(str(git_dir), fetching=fetching)]
        with contextlib.ExitStack() as opened:
            try:
                # Files, not pipes: git can neither block on its questions nor on its complaints.
                self._words: IO[bytes] = opened.enter_context(tempfile.TemporaryFile())
                questions = opened.enter_context(tempfile.TemporaryFile())
                questions.write(given)
                questions.seek(0)
                self._process = subprocess.Popen(
                    ["git", "--no-pager", *options, *arguments],
                    stdin=questions,
                    stdout=subprocess.PIPE,
                    stderr=self._words,
                    env=dict(environment or reading_environment()),
                    cwd="/",  # the caller's folder may be gone, or be a repository
                    start_new_session=True,  # no terminal to ask for a password on
                )
            except FileNotFoundError as error:
                raise SourceUnreadable("git is not installed, or not on PATH: install git") from error
            except (OSError, ValueError) as error:
                raise SourceUnreadable(f"git could not be started for {git_dir}: {error}") from error
            questions.close()
            opened.pop_all()
        _limit(self._process.pid)
        assert self._process.stdout is not None  # noqa: S101 - told to Popen above
        self._output = self._process.stdout

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes.

        Raises:
            SourceUnreadable: the output ended before that.
        """
        while len(self._buffer) < size and self._fill():
            pass
        if len(self._buffer) < size:
            raise self._broken_off()
        piece = bytes(self._buffer[:size])
        del self._buffer[:size]
        return piece

    def read_until(self, end: bytes, limit: int) -> bytes | None:
        """Return what stands before the next `end`, or None at the end of the output.

        Raises:
            SourceUnreadable: more than `limit` bytes came without one, or the output broke off.
        """
        searched = 0
        while (found := self._buffer.find(end, searched)) < 0:
            searched = len(self._buffer)
            if searched > limit:
                raise SourceUnreadable(f"{self._command} in {self._git_dir} gave more than {limit:,} bytes")
            if not self._fill():
                if self._buffer:
                    raise self._broken_off()
                return None
        piece = bytes(self._buffer[:found])
        del self._buffer[: found + len(end)]
        return piece

    def discard(self, size: int) -> None:
        """Let `size` bytes pass without keeping them."""
        while size > 0:
            size -= len(self.read(min(size, _BLOCK)))

    def finish(self) -> str:
        """Wait for git, check that it succeeded, and return what it wrote to standard error.

        Raises:
            SourceUnreadable: it failed.
        """
        deadline = time.monotonic() + self._seconds
        try:
            status = self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise self._silent() from None
        if status != 0:
            raise self._failed(status)
        return self._said()

    def _fill(self) -> bool:
        if self._ended:
            return False
        poll = select.poll()
        poll.register(self._output, select.POLLIN | select.POLLHUP)
        if not poll.poll(self._seconds * 1000):
            raise self._silent()
        block = os.read(self._output.fileno(), _BLOCK)
        self._buffer += block
        self._ended = not block
        return bool(block)

    def _broken_off(self) -> SourceUnreadable:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._failed(self._process.wait(self._seconds))
        return self._silent()

    def _silent(self) -> SourceUnreadable:
        return SourceUnreadable(
            f"{self._command} in {self._git_dir} gave no answer for {self._seconds:.0f} s: "
            "check that its disk or host is alive"
        )

    def _failed(self, status: int) -> SourceUnreadable:
        words = self._said() or (f"killed by signal {-status}" if status < 0 else f"exit status {status}")
        return SourceUnreadable(f"{self._command} failed in {self._git_dir}: {words}")

    def _said(self) -> str:
        self._words.seek(0)
        return clean_words(self._words.read(_BLOCK))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._ended:
                self.finish()
        finally:
            self.close()

    def close(self) -> None:
        """End git and everything it started, and release its pipes."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._output.close()
        self._words.close()


def _limit(process_id: int) -> None:
    """Hold git, and what it starts, to what an honest repository needs."""
    for limited, wanted in (
        (resource.RLIMIT_DATA, MAX_GIT_MEMORY),  # not RLIMIT_AS: git maps packs whole
        (resource.RLIMIT_CPU, MAX_GIT_CPU_SECONDS),
        (resource.RLIMIT_FSIZE, MAX_GIT_FILE_BYTES),
    ):
        with contextlib.suppress(ProcessLookupError):  # it has ended already
            soft, hard = resource.prlimit(process_id, limited)
            least = wanted if soft == resource.RLIM_INFINITY else min(wanted, soft)
            resource.prlimit(process_id, limited, (least, hard))


def ask_git(
    git_dir: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    fetching: bool = False,
    seconds: float = GIT_STALL_SECONDS,
) -> tuple[str, str]:
    """Run a git command with a short answer; return what it printed and what it complained of.

    Raises:
        SourceUnreadable: it failed; the message has git's words.
    """
    with GitProcess(
        git_dir, arguments, environment=environment, fetching=fetching, seconds=seconds
    ) as process:
        answer = bytearray()
        while (line := process.read_until(b"\n", MAX_ANSWER_BYTES)) is not None:
            answer += line + b"\n"
            if len(answer) > MAX_ANSWER_BYTES:
                raise SourceUnreadable(f"git {arguments[0]} in {git_dir} gave a far too long answer")
        complaint = process.finish()
    return answer.decode("utf-8", "surrogateescape").strip(), complaint


_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_TELLING = ("fatal: ", "error: ")


def clean_words(said: bytes) -> str:
    """Reduce git's complaints to the telling line: printable, short, without passwords."""
    lines = [_CONTROL.sub(" ", line).strip() for line in said.decode("utf-8", "backslashreplace").split("\n")]
    telling = [line for line in lines if line.startswith(_TELLING)] or [line for line in lines if line]
    first = telling[0] if telling else ""
    last = telling[-1] if telling and telling[-1] != first else ""
    words = "; ".join(filter(None, (first, last)))
    return without_credentials(words)[:MAX_GIT_WORDS]


def without_credentials(text: str) -> str:
    """Take user names and passwords out of the URLs in a text."""
    return _CREDENTIALS.sub("", text)
