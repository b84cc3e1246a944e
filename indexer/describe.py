"""Asks the model about what waits for a description, as long as there is time. What was said is kept at once.

Threads ask, the caller's thread reads, counts and decides; a kill or an interrupt loses the calls in flight.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from queue import SimpleQueue

from index_store.stored_rows import StoredRows
from indexer.backlog import BacklogPlan
from indexer.limits import MAX_FAILED_DESCRIPTIONS, ROWS_PER_DESCRIBING
from indexer.night_report import DescriptionReport
from indexer.progress import Progress
from indexer.rows import unit_of
from model_chain.errors import (
    DescriptionRejected,
    ModelChanged,
    ModelError,
    ModelMissing,
    ModelUnavailable,
)
from model_chain.protocol import CodeUnit
from model_chain.summary_cache import CachedSummariser

_Asked = tuple[str, CodeUnit]
_Answered = tuple[str, CodeUnit, Exception | None]


@dataclass(frozen=True, slots=True)
class DescriptionLimits:
    """When a night stops describing: at a moment (seconds since the epoch), or after so many questions."""

    deadline: float | None = None
    max_per_night: int | None = None

    def reached(self, asked: int) -> str:
        """Why nothing more may be asked, "" while something may."""
        if self.deadline is not None and time.time() >= self.deadline:
            return f"the deadline, {time.strftime('%H:%M', time.localtime(self.deadline))}"
        if self.max_per_night is not None and asked >= self.max_per_night:
            return f"max_per_night = {self.max_per_night}"
        return ""


class Describing:
    """One night's describing. `finished` holds the content hashes that need not be asked again."""

    def __init__(
        self,
        cached: CachedSummariser,
        limits: DescriptionLimits,
        report: DescriptionReport,
        progress: Progress,
    ) -> None:
        self._cached = cached
        self._limits = limits
        self._report = report
        self._progress = progress
        self._failed_in_a_row = 0
        self.finished: set[str] = set()

    def run(self, plan: BacklogPlan, stored: StoredRows, parallelism: int) -> None:
        """Ask in the order of the plan until it is done, a limit is reached, or the model is gone."""
        began = time.monotonic()
        self._progress.describing_started(len(plan.order))
        todo: SimpleQueue[_Asked | None] = SimpleQueue()
        done: SimpleQueue[_Answered] = SimpleQueue()
        for number in range(parallelism):
            # Daemons: an interrupted night does not wait for a model that takes minutes.
            name = f"describe-{number}"
            threading.Thread(target=self._ask, args=(todo, done), name=name, daemon=True).start()
        running = asked = 0
        try:
            for question in _questions(plan, stored, self._cached):
                if running == parallelism:
                    self._take(done.get())
                    running -= 1
                self._report.stopped = self._report.stopped or self._limits.reached(asked)
                if self._report.stopped:
                    break
                todo.put(question)
                running += 1
                asked += 1
            for _ in range(running):
                self._take(done.get())
        finally:
            self._report.asked = asked
            self._report.carried_over = len(plan.order) - len(self.finished)
            self._report.seconds = round(time.monotonic() - began, 3)
            for _ in range(parallelism):
                todo.put(None)

    def _ask(self, todo: SimpleQueue[_Asked | None], done: SimpleQueue[_Answered]) -> None:
        while (question := todo.get()) is not None:
            key, unit = question
            try:
                self._cached.summarise(unit)
            except Exception as error:  # noqa: BLE001 - the caller's thread decides what it means
                done.put((key, unit, error))
            else:
                done.put((key, unit, None))

    def _take(self, answered: _Answered) -> None:
        key, unit, error = answered
        report = self._report
        if error is None:
            report.described += 1
        elif isinstance(error, ModelError):
            report.record_failure(error.code, f"{unit.path}: {unit.symbol}", str(error))
        elif not isinstance(error, sqlite3.Error):
            raise error
        if error is None or isinstance(error, DescriptionRejected):
            self.finished.add(key)
            self._failed_in_a_row = 0
            self._progress.described()
            return
        self._failed_in_a_row += 1
        gone = isinstance(error, ModelMissing | ModelChanged | ModelUnavailable)
        if isinstance(error, sqlite3.Error):
            report.stopped = f"the summary cache cannot be written: {error}"
        elif gone or self._failed_in_a_row >= MAX_FAILED_DESCRIPTIONS:
            report.stopped = str(error)


def _questions(plan: BacklogPlan, stored: StoredRows, cached: CachedSummariser) -> Iterator[_Asked]:
    """What waits, in order, read back from the index as it is needed."""
    for start in range(0, len(plan.order), ROWS_PER_DESCRIBING):
        keys = plan.order[start : start + ROWS_PER_DESCRIBING]
        units = map(unit_of, stored.take([plan.places[key][0] for key in keys]))
        by_key = {cached.key(unit).content_hash: unit for unit in units}
        yield from ((key, by_key[key]) for key in keys)
