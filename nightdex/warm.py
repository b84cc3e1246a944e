"""`nightdex search` through a server that runs. Imports next to nothing, for that is what makes it quick.

It decides nothing either: the server reads the command line and the configuration, with the code that a
search without a server would use. Where it has no answer, or is not there, the command opens the index as if
there were no servers.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nightdex
from nightdex.limits import ANSWERED_S, HEARD_S
from nightdex.whereabouts import DEFAULT_STATE_DIR, PREFIX, absolute, find_file, local_state
from search_api.socket_file import HEARD, is_same_user, socket_address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nightdex.answering import CommandLine

# The two kinds of answers: what to print, and how the search failed.
PRINTED, FAILED = {"out", "err"}, {"detail", "code", "exit_status"}

# What rich asks the environment about a terminal.
_TERMINAL = frozenset({"TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"})


def search_warm(arguments: Sequence[str]) -> int | None:
    """Let a server answer what stands behind `nightdex search`, and print it; return the exit status.

    None where none answers; then nothing was printed.
    """
    if "--no-server" in arguments:
        return None
    try:
        reply = _answer(arguments)
        return None if reply is None else _tell(reply, arguments)
    except KeyboardInterrupt:
        from nightdex.failures import INTERRUPTED  # noqa: PLC0415 - start-up time

        return INTERRUPTED


def installation() -> list[str | int]:
    """Which nightdex this is; another one after an upgrade in its place."""
    return [nightdex.__file__, os.stat(nightdex.__file__).st_mtime_ns]  # noqa: PTH116 - start-up time


def _answer(arguments: Sequence[str]) -> dict[str, Any] | None:
    try:
        return _ask(arguments)
    except Exception:  # noqa: BLE001 - whatever it is, the long way says it better
        return None


def _ask(arguments: Sequence[str]) -> dict[str, Any] | None:
    config = _config(arguments)
    file = Path(os.path.abspath(find_file(Path(config) if config else None, os.environ)))  # noqa: PTH100 - keeps symlinks
    line: CommandLine = {
        "installation": installation(),
        "arguments": list(arguments),
        "config": config,
        "file": str(file),
        "environ": {
            name: value for name, value in os.environ.items() if name.startswith(PREFIX) or name in _TERMINAL
        },
        "terminal": sys.stdout.isatty(),
    }
    with (
        socket_address(_state_dir(file, os.environ)) as address,
        socket.socket(socket.AF_UNIX) as connected,
    ):
        connected.settimeout(HEARD_S)
        connected.connect(address)
        if not is_same_user(connected):
            return None
        connected.sendall(json.dumps(line).encode() + b"\n")
        if connected.recv(1) != HEARD:
            return None
        connected.settimeout(ANSWERED_S)
        with connected.makefile("rb") as stream:
            answer = stream.read()
    reply: dict[str, Any] = json.loads(answer)
    return reply if reply.keys() in (PRINTED, FAILED) else None


def _config(arguments: Sequence[str]) -> str | None:
    """The value of --config. The server reads the command line itself, and has to see the same."""
    given = None
    words = iter(arguments)
    for word in words:
        if word == "--":
            break
        if word == "--config":
            given = next(words)
        elif word.startswith("--config="):
            given = word.removeprefix("--config=")
    return given


def _state_dir(file: Path, environ: Mapping[str, str]) -> Path:
    """Where a repos.toml that holds has the index; the server at that place checks whether it does."""
    index = tomllib.loads(file.read_text("utf-8-sig")).get("index", {})
    for name, value in environ.items():
        if name.startswith(PREFIX):
            section, _, key = name.removeprefix(PREFIX).lower().partition("__")
            if section == "index":
                index[key] = value
    named = local_state(index.get("state_dir", DEFAULT_STATE_DIR), index.get("local_dir", DEFAULT_STATE_DIR))
    return absolute(named, file)


def _tell(reply: dict[str, Any], arguments: Sequence[str]) -> int:
    if "code" in reply:
        from nightdex import failures  # noqa: PLC0415 - start-up time

        status: int = reply["exit_status"]
        as_json = failures.holds("--json", arguments)
        return failures.tell(reply["detail"], reply["code"], status, as_json=as_json)
    try:
        if hasattr(sys.stdout, "reconfigure"):
            # As for every command: names that are not UTF-8, and terminals that are not.
            sys.stdout.reconfigure(errors="backslashreplace")
        sys.stdout.write(reply["out"])
        sys.stderr.write(reply["err"])
        sys.stdout.flush()
    except BrokenPipeError:
        from nightdex import failures  # noqa: PLC0415 - start-up time

        failures.silence_stdout()
        return failures.PIPE_CLOSED
    return 0
