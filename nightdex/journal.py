"""Lines that the journal reads begin with their priority, as sd-daemon(3) has it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TextIO

# As syslog counts them.
CRITICAL, ERROR, WARNING, INFO, DEBUG = 2, 3, 4, 6, 7


def is_journal(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether what is written to a stream is read by the journal: systemd says which file that is."""
    try:
        file = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{file.st_dev}:{file.st_ino}"


def marked(lines: str, priority: int, stream: TextIO) -> str:
    """The lines, each with its priority before it where the stream is the journal."""
    if not is_journal(stream):
        return lines
    return "\n".join(f"<{priority}>{line}" for line in lines.split("\n"))
