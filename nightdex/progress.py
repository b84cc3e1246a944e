"""What a person sees while the night runs: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from indexer.night_report import RepositoryReport
from indexer.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

# A log of three hours of describing has 180 lines of it.
LINE_EVERY_S = 60.0


@contextmanager
def showing_progress() -> Iterator[Progress]:
    """Show progress on standard error for the length of the block."""
    if not sys.stderr.isatty():
        yield LineProgress(sys.stderr)
        return
    from rich.console import Console  # noqa: PLC0415 - a terminal pays for it, a timer does not
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.progress import Progress as Bars  # noqa: PLC0415 - as above

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[chunks]} chunks", markup=False),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        yield TerminalProgress(bars)


class LineProgress:
    """Plain lines, each flushed, so that a log shows how far a night is."""

    def __init__(self, to: TextIO) -> None:
        self._to = to
        self._waiting = self._described = 0
        self._next_line = 0.0

    def step(self, name: str) -> None:
        """Say which step begins."""
        self._write(name)

    def repository_started(self, name: str, files: int) -> None:
        """Say nothing: its line comes when it is finished."""

    def files_done(self, name: str, files: int, chunks: int) -> None:
        """Say nothing: its line comes when it is finished."""

    def repository_finished(self, report: RepositoryReport) -> None:
        """Say how it went."""
        self._write(f"  {describe(report)}")

    def describing_started(self, waiting: int) -> None:
        """Say how much there is."""
        self._waiting, self._described = waiting, 0
        self._next_line = time.monotonic() + LINE_EVERY_S
        self._write(f"  {waiting} pieces of code wait for a description")

    def described(self) -> None:
        """Say how far it is, once a minute."""
        self._described += 1
        if time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + LINE_EVERY_S
            self._write(f"  {self._described} of {self._waiting} described")

    def _write(self, line: str) -> None:
        print(line, file=self._to, flush=True)


class TerminalProgress:
    """One bar for the repository at work; finished ones stay above it as lines."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task: TaskID | None = None
        self._chunks = 0

    def step(self, name: str) -> None:
        """Say which step begins."""
        self._bars.console.print(name, style="dim", markup=False, highlight=False)

    def repository_started(self, name: str, files: int) -> None:
        """Begin its bar."""
        self._chunks = 0
        self._task = self._bars.add_task(name, total=files, chunks=0)

    def files_done(self, name: str, files: int, chunks: int) -> None:  # noqa: ARG002 - one repository at a time
        """Move its bar."""
        self._chunks += chunks
        if self._task is not None:
            self._bars.update(self._task, advance=files, chunks=self._chunks)

    def repository_finished(self, report: RepositoryReport) -> None:
        """Put its line in the place of its bar."""
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None
        style = "yellow" if report.reason else ""
        self._bars.console.print(f"  {describe(report)}", style=style, markup=False, highlight=False)

    def describing_started(self, waiting: int) -> None:
        """Begin a bar; it stays until the night is over."""
        self._task = self._bars.add_task("descriptions", total=waiting, chunks=waiting)

    def described(self) -> None:
        """Move it."""
        if self._task is not None:
            self._bars.advance(self._task)


def describe(report: RepositoryReport) -> str:
    """One repository's night on one line."""
    if report.reason:
        return f"{report.name}: {report.outcome}: {report.reason}"
    return (
        f"{report.name}: {report.outcome}: {report.found} files = {report.chunked} chunked + "
        f"{sum(report.skipped.values())} skipped; {report.chunks} chunks, {report.embedded} vectors; "
        f"{report.seconds:.1f} s"
    )
