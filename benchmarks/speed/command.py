"""One command, from its start to its end."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

NIGHTDEX = (sys.executable, "-m", "nightdex")


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds by the clock, and what it printed."""

    wall: float
    output: bytes


def time_command(
    command: Sequence[str], given: bytes = b"", environment: dict[str, str] | None = None
) -> Took:
    """Run it.

    Raises:
        SystemExit: it failed; with the end of what it said.
    """
    began = time.perf_counter()
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **(environment or {})},
    ) as process:
        output, said = process.communicate(given)
        wall = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {said.decode(errors='replace')[-2000:]}")
    return Took(wall, output)


def run_night(config: Path, *only: str) -> Took:
    """`nightdex run`, of all repositories or of these; its output is the report."""
    names = [argument for name in only for argument in ("--repo", name)]
    return time_command([*NIGHTDEX, "run", "--json", "--config", str(config), *names])


def median_of(times: int, run: Callable[[], Took]) -> float:
    """The median of so many runs, in seconds by the clock."""
    return statistics.median(run().wall for _ in range(times))
