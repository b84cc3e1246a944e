"""Asks the model about what waits for a description, as long as there is time. What was said is kept at once.

A kill or an interrupt loses the calls in flight and nothing else.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import partial
from typing import TYPE_CHECKING

from indexer.limits import MAX_FAILED_DESCRIPTIONS, ROWS_PER_DESCRIBING
from indexer.night_options import DescriptionLimits
from indexer.night_report import DescriptionReport
from indexer.progress import Progress
from model_chain.daemon_threads import DaemonThreads
from model_chain.errors import (
    DescriptionRejected,
    ModelChanged,
    ModelError,
    ModelMissing,
    ModelUnavailable,
)
from model_chain.protocol import CodeUnit, Description
from model_chain.summary_cache import CachedSummariser

if TYPE_CHECKING:
    from index_store.stored_rows import StoredRows
    from indexer.backlog import BacklogPlan

# A content hash, and the code that has it.
_Question = tuple[str, CodeUnit]

# The same, and when it was asked.
_Asked = tuple[str, CodeUnit, float]


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
        self._last_took = 0.0
        self.finished: set[str] = set()

    def run(self, plan: BacklogPlan, stored: StoredRows, parallelism: int) -> None:
        """Ask in the order of the plan until it is done, a limit is reached, or the model is gone."""
        began = time.monotonic()
        self._progress.describing_started(len(plan.order))
        threads = DaemonThreads(parallelism, "describe")
        running: dict[Future[Description], _Asked] = {}
        try:
            for key, unit in _questions(plan, stored, self._cached):
                if len(running) == parallelism:
                    self._take_finished(running)
                # A host has one question waiting behind the one it answers: half of the time is the wait.
                reached = self._limits.reached(self._report.asked, self._last_took / 2)
                self._report.stopped = self._report.stopped or reached
                if self._report.stopped:
                    break
                asking = threads.submit(partial(self._cached.summarise, unit))
                running[asking] = key, unit, time.monotonic()
                self._report.asked += 1
            while running:
                self._take_finished(running)
        finally:
            threads.close()
            self._report.carried_over = len(plan.order) - len(self.finished)
            self._report.seconds = round(time.monotonic() - began, 3)

    def _take_finished(self, running: dict[Future[Description], _Asked]) -> None:
        """Wait for one answer at least."""
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            key, unit, asked_at = running.pop(future)
            self._last_took = time.monotonic() - asked_at
            self._take(key, unit, future.exception())

    def _take(self, key: str, unit: CodeUnit, error: BaseException | None) -> None:
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


def _questions(plan: BacklogPlan, stored: StoredRows, cached: CachedSummariser) -> Iterator[_Question]:
    """What waits, in order, read back from the index as it is needed."""
    from indexer.rows import unit_of  # noqa: PLC0415 - the options of a night name limits of this module, and no more

    for start in range(0, len(plan.order), ROWS_PER_DESCRIBING):
        keys = plan.order[start : start + ROWS_PER_DESCRIBING]
        units = map(unit_of, stored.take([plan.places[key][0] for key in keys]))
        by_key = {cached.key(unit).content_hash: unit for unit in units}
        yield from ((key, by_key[key]) for key in keys)
