"""`nightdex doctor --pull`: brings the models that are missing, with bars on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from model_chain.backends.ollama.installed import look_at
from model_chain.backends.ollama.pull import PullStep, pull
from model_chain.errors import ModelError
from nightdex.configuration import Configuration
from nightdex.doctor.finding import Finding, error, ok
from nightdex.doctor.models import wanted_models
from nightdex.doctor.sizes import gigabytes

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

ShowStep = Callable[[PullStep], None]

# A line each tenth of a layer: enough for a log, few enough to read.
_TENTHS = 10


def pull_missing(configuration: Configuration) -> Iterator[Finding]:
    """Pull every configured model that a host lacks; a host that is down is for the checks to tell."""
    names = list(dict.fromkeys(model.name for model in wanted_models(configuration)))
    for url in dict.fromkeys(configuration.settings.embedding.hosts if names else ()):
        try:
            host = look_at(url, ())
        except ModelError:
            continue
        for name in names:
            if host.installed(name) is None:
                yield _pulled(url, name)


def _pulled(url: str, model: str) -> Finding:
    try:
        with showing_pull(f"{model} on {url}") as show:
            for step in pull(url, model):
                show(step)
    except ModelError as failed:
        return error(f"{model} could not be pulled on {url}", str(failed), url=url, model=model)
    return ok(f"{model} was pulled on {url}", url=url, model=model)


@contextmanager
def showing_pull(title: str) -> Iterator[ShowStep]:
    """Show a pull on standard error for the length of the block."""
    if not sys.stderr.isatty():
        yield PullLines(title, sys.stderr)
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.progress import (  # noqa: PLC0415 - as above
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    text = TextColumn("{task.description}", markup=False)
    columns = (text, BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield PullBars(title, bars)


class PullLines:
    """A line when something new begins, and for every tenth of a layer."""

    def __init__(self, title: str, to: TextIO) -> None:
        self._title = title
        self._to = to
        self._last = ""

    def __call__(self, step: PullStep) -> None:
        """Say how far it is, if that is news."""
        said = step.status
        if step.total:
            tenths = step.completed * _TENTHS // step.total
            said = f"{step.status}: {tenths * 100 // _TENTHS} % of {gigabytes(step.total)}"
        if said != self._last:
            self._last = said
            print(f"pulling {self._title}: {said}", file=self._to, flush=True)


class PullBars:
    """One bar for each layer, a line above them for everything else."""

    def __init__(self, title: str, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._say(f"pulling {title}")

    def __call__(self, step: PullStep) -> None:
        """Move the bar of its layer, or say what is being done."""
        if not step.total:
            self._say(f"  {step.status}")
            return
        if step.layer not in self._tasks:
            self._tasks[step.layer] = self._bars.add_task(step.status, total=step.total)
        self._bars.update(self._tasks[step.layer], completed=step.completed)

    def _say(self, words: str) -> None:
        self._bars.console.print(words, style="dim", markup=False, highlight=False)
