"""How a failure ends a command: one sentence for a person, or a problem document, and an exit status."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence

from nightdex import journal

INTERRUPTED = 130
TERMINATED = 143
PIPE_CLOSED = 1  # what typer says when the pipe closes before the last line
FAILED = 1
USAGE = 2


def report(error: BaseException, *, as_json: bool, debug: bool) -> int:
    """Tell standard error what happened; return the exit status.

    Errors that were raised on purpose carry `code` and `exit_status`. Of any other the traceback is kept in a
    file, because the person who meets it is not the one who can read it.
    """
    code, status = getattr(error, "code", None), getattr(error, "exit_status", None)
    sentence = str(error)
    if not isinstance(code, str) or not isinstance(status, int):
        code, status = "internal_error", FAILED
        sentence = f"{type(error).__name__}: {error}; " + (
            "this is a fault of nightdex" if debug else f"the traceback is in {keep_traceback(error)}"
        )
    if debug:
        traceback.print_exception(error)
    return tell(sentence, code, status, getattr(error, "problems", ()), as_json=as_json)


def report_usage(sentence: str, *, as_json: bool) -> int:
    """Tell standard error that the command line cannot be understood; return the exit status."""
    return tell(sentence, "usage", USAGE, as_json=as_json)


def holds(option: str, arguments: Sequence[str]) -> bool:
    """Whether a command line has an option, even one that is beyond understanding."""
    return option in (arguments[: arguments.index("--")] if "--" in arguments else arguments)


def silence_stdout() -> None:
    """After a closed pipe: let the interpreter flush into nothing when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(sentence: str, code: str, status: int, problems: Sequence[str] = (), *, as_json: bool) -> int:
    """Tell standard error of a failure; return the exit status."""
    if as_json:
        problem: dict[str, object] = {"code": code, "exit_status": status, "detail": sentence}
        if problems:
            problem["problems"] = list(problems)
        told = json.dumps(problem)
    else:
        told = f"nightdex: {sentence}"
    print(journal.marked(told, journal.ERROR, sys.stderr), file=sys.stderr)  # noqa: T201 - the command's own output
    return status


def keep_traceback(error: BaseException) -> str:
    """Write the traceback to a file; return its path."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="nightdex-", suffix=".traceback", delete=False, errors="backslashreplace"
    ) as file:
        traceback.print_exception(error, file=file)
    return file.name
