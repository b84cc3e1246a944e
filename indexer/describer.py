"""The descriptions of one night: what a model said before, and what it says tonight as time allows."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from index_store.errors import CountsUnavailable
from index_store.log import Log
from index_store.schema import SummariserRecord
from index_store.shown import ShownCounts
from index_store.stored_rows import StoredRows
from indexer.backlog import BacklogPlan, plan_backlog
from indexer.carry_over import CarryOver, read_carry_over, save_carry_over
from indexer.describe import Describing
from indexer.limits import MIN_MEASURED
from indexer.night_options import DescriptionLimits
from indexer.night_report import DescriptionReport
from indexer.progress import Progress
from model_chain.errors import ModelError
from model_chain.summary_cache import CachedSummariser, SummaryCache, VersionedSummariser

log = Log(__name__)

CACHE_NAME = "summaries.sqlite"


class Describer:
    """Describes what waits, and remembers what is left. Whatever breaks costs descriptions, never the night.

    Attributes:
        cached: the model behind its cache.
        report: what became of it, filled as it goes.
    """

    def __init__(self, state_dir: Path, model: VersionedSummariser, cache: SummaryCache) -> None:
        self._state_dir = state_dir
        self._model = model
        self.cached = CachedSummariser(model, cache)
        self.report = DescriptionReport()

    @property
    def record(self) -> SummariserRecord:
        """The model, as the manifest names it."""
        return SummariserRecord(self._model.provider, self._model.model, self._model.digest)

    def describe(
        self, stored: StoredRows, limits: DescriptionLimits, progress: Progress, seconds_per_vector: float
    ) -> set[int]:
        """Ask about what waits in a generation; returns its rows whose description is known and not stored.

        `seconds_per_vector` is what the night measured, for the next plan; 0 if it did not.
        """
        before, tonight = read_carry_over(self._state_dir), round(time.time(), 3)
        answers = self._connect()
        try:
            plan = self._plan(stored, before, tonight)
            self._count(plan)
            describing = Describing(self.cached, limits, self.report, progress)
            left = _Leaving(self._state_dir, before, tonight, seconds_per_vector)
            left.save(plan.order, 0.0)
            if answers:
                try:
                    describing.run(plan, stored, self._model.parallelism)
                finally:
                    waiting = [key for key in plan.order if key not in describing.finished]
                    left.save(waiting, _rate(self.report.seconds, self.report.asked))
        except sqlite3.Error as error:
            self.report.stopped = f"the summary cache cannot be read: {error}"
            return set()
        known = (place for places in plan.known.values() for place in places)
        return {*known, *(place for key in describing.finished for place in plan.places[key])}

    def _plan(self, stored: StoredRows, before: CarryOver, tonight: float) -> BacklogPlan:
        """What waits, in order; without the counts of what searches showed if they cannot be had."""
        counts, shown = ShownCounts(self._state_dir), dict[str, int]()
        try:
            shown = counts.read()
        except CountsUnavailable as error:
            log.warning("descriptions are ordered without what searches showed", reason=str(error))
        plan = plan_backlog(stored.scan(), self.cached, before.waiting, tonight, shown)
        try:
            counts.forget(plan.gone)
        except CountsUnavailable as error:
            log.warning("counts of chunks that are gone were kept", reason=str(error))
        return plan

    def _connect(self) -> bool:
        """Whether the model answers; the report says why not."""
        try:
            self._model.connect()
        except ModelError as error:
            self.report.stopped = str(error)
            self.report.record_failure(error.code, "before the first question", str(error))
            return False
        return True

    def _count(self, plan: BacklogPlan) -> None:
        self.report.waiting = self.report.carried_over = len(plan.order)
        self.report.trivial, self.report.rejected = plan.trivial, plan.rejected
        self.report.identical = plan.identical


@dataclass(frozen=True, slots=True)
class _Leaving:
    """Writes what a night leaves to the next one, over what it found."""

    state_dir: Path
    before: CarryOver
    tonight: float
    seconds_per_vector: float

    def save(self, waiting: Sequence[str], seconds_per_description: float) -> None:
        """Keep it; a full disk costs the ages of what waits, nothing else."""
        left = CarryOver(
            {key: self.before.waiting.get(key, self.tonight) for key in waiting},
            seconds_per_description or self.before.seconds_per_description,
            self.seconds_per_vector or self.before.seconds_per_vector,
        )
        try:
            save_carry_over(self.state_dir, left)
        except OSError as error:
            log.warning("the carry-over was not saved", reason=str(error))


def _rate(seconds: float, count: int) -> float:
    """Seconds apiece, 0 where there are too few to say."""
    return round(seconds / count, 4) if count >= MIN_MEASURED else 0.0


@contextmanager
def opened_describer(state_dir: Path, model: VersionedSummariser) -> Iterator[Describer]:
    """A describer for the length of the block; a cache that cannot be opened is kept in memory tonight."""
    cause = ""
    try:
        cache = SummaryCache(state_dir / CACHE_NAME)
    except (OSError, sqlite3.Error) as error:
        cause = f"the summary cache cannot be opened, so an interrupted night asks again: {error}"
        log.warning("the summary cache is kept in memory", reason=str(error))
        cache = SummaryCache(Path(":memory:"))
    with cache:
        describer = Describer(state_dir, model, cache)
        if cause:
            describer.report.record_failure("summary_cache", CACHE_NAME, cause)
        yield describer
