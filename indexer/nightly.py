"""The night, as a readable list of steps. Read `run_night` from top to bottom."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from index_store.errors import IndexStoreError
from index_store.generations import (
    current_generation,
    list_generations,
    outdated_generations,
    prune,
    seconds_to_purge,
    serving_manifest,
)
from index_store.log import Log
from index_store.schema import FileRow, Manifest, RepositoryState, SummariserRecord
from index_store.stored_rows import StoredRows
from index_store.writer import GenerationWriter
from indexer.amend import fill_vectors, store_descriptions
from indexer.describer import Describer, opened_describer
from indexer.descriptions import KnownDescriptions
from indexer.embed import RowEmbedder, embedder_record
from indexer.engine import Engine, LocalEngine, row_pool
from indexer.errors import GenerationHeldBack, SourceError, SourceMissing, StateDirFailed, TooManyVanished
from indexer.git.command import without_credentials
from indexer.golden import Inspect, Verdict
from indexer.limits import MAX_VANISHED_SHARE, MIN_MEASURED, MIN_VANISHED
from indexer.night_options import NightOptions
from indexer.night_report import NightReport, Outcome, RepositoryReport
from indexer.progress import Progress, SilentProgress
from indexer.purge import drop_files_with_secrets, forget_old_descriptions, redact_reports
from indexer.read_ahead import ReadAhead
from indexer.repository_night import RepositoryNight, Tools
from indexer.rules import CHUNKER
from indexer.runlock import run_lock
from indexer.settled import Settled, read_settled, save_settled, settled_repositories
from indexer.sources.definition import SourceDefinition
from model_chain.protocol import Embedder, Summariser
from model_chain.summary_cache import VersionedSummariser

if TYPE_CHECKING:
    from index_store.shared import SharedIndex
    from index_store.shared_writer import SharedWriter

log = Log(__name__)

MIRRORS = "mirrors"

# How what Lance raises, of whatever type, tells that the disk refused.
_OS_ERROR = "(os error "


def run_night(
    options: NightOptions,
    embedder: Embedder,
    summariser: Summariser,
    progress: Progress | None = None,
    describer: VersionedSummariser | None = None,
) -> NightReport:
    """Bring the index up to date and publish it; the old one serves until then, and after any failure.

    `summariser` describes every chunk at once. `describer`, a language model, then describes again what it
    has time for, and the night publishes a second time.

    Raises:
        AlreadyRunning, AlreadyIndexing: another run holds the lock.
        StateDirFailed: its disk is full, broken, or read-only.
        TooManyVanished: so many repositories are gone that nothing was published.
        GenerationHeldBack: a golden query lost its answer; the next night goes on from what was built.
        IndexStoreError, ModelError: nothing could be published; the old index keeps serving.
    """
    progress = progress or SilentProgress()
    with run_lock(options.state_dir), ExitStack() as opened:
        publisher = opened.enter_context(_publisher(options.shared)) if options.shared else None
        night = _Night(options, embedder, summariser, progress, publisher, opened=opened)
        if describer is not None:
            night.describe_with(opened.enter_context(opened_describer(options.state_dir, describer)))
        return night.run()


def _publisher(shared: SharedIndex) -> AbstractContextManager[SharedWriter]:
    from index_store.shared_writer import shared_writer  # noqa: PLC0415 - few indexes are on an object store

    return shared_writer(shared)


class _Night:
    def __init__(
        self,
        options: NightOptions,
        embedder: Embedder,
        summariser: Summariser,
        progress: Progress,
        publisher: SharedWriter | None,
        *,
        opened: ExitStack,
    ) -> None:
        self.options = options
        self.opened = opened
        self.publisher = publisher
        self.embedder = embedder
        self.rows = RowEmbedder(embedder)
        self.extract = self.summariser = summariser
        self.describer: Describer | None = None
        self.progress = progress
        self.built = 0  # the newest generation of the night; it serves unless it is held back
        self.report = NightReport(
            # Milliseconds: the report is named for it, and two short nights fit into one second.
            started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            only=sorted(options.only),
            embedder=str(embedder.fingerprint),
            summariser=summariser.source,
        )

    def describe_with(self, describer: Describer) -> None:
        """Use what a language model says, from its cache at once and from itself as time allows."""
        self.describer = describer
        self.summariser = KnownDescriptions(self.summariser, describer.cached, describer.report)
        self.report.summariser, self.report.descriptions = describer.cached.source, describer.report

    def run(self) -> NightReport:
        began = time.monotonic()
        try:
            with self._step("begin"):
                writer = GenerationWriter.begin(
                    self.options.state_dir,
                    embedder=embedder_record(self.embedder),
                    chunker=CHUNKER,
                    failpoint=self.options.failpoint,
                    inspect=partial(self._inspect, self.options.inspect) if self.options.inspect else None,
                    publisher=self.publisher,
                )
            self.rows.must_work = _replaces_another(self.options.state_dir, writer, self.embedder)
            before = writer.base.generation if writer.base else 0
            try:
                with self._step("repositories"):
                    states = self._index_repositories(writer)
                with self._step("publish"):
                    self._publish(writer, states)
                self._complete(writer, states)
                self._judge()
                self._refuse_held_back(writer)
            except BaseException:
                writer.abandon()
                raise
            self._settle(before)
            with self._step("prune"):
                self._prune()
        except BaseException as error:
            self.report.outcome, self.report.reason = "failed", f"{type(error).__name__}: {error}"
            if isinstance(error, OSError) or _OS_ERROR in str(error):
                raise StateDirFailed(
                    f"the night broke off, and what served before it goes on serving: {error}; make room on "
                    f"the disk of {self.options.state_dir}, or see that it is well, and run again"
                ) from error
            raise
        finally:
            self._close_report(time.monotonic() - began)
        return self.report

    def _settle(self, before: int) -> None:
        """Leave what is settled to the next night; `before` is the generation that this one went on from."""
        state_dir, known = self.options.state_dir, read_settled(self.options.state_dir)
        looked_at = {report.name for report in self.report.repositories}
        kept = known.repositories if known.generation == before else {}
        tonight = settled_repositories(self.options.sources, self.report.repositories)
        others = {name: one for name, one in kept.items() if name not in looked_at}
        save_settled(state_dir, Settled(self.report.generation, {**others, **tonight}))

    def _prune(self) -> None:
        """Failing to tidy up does not undo what was published; the next night tries again.

        After a change of the rules this waits until readers of what was made under the old ones are done.
        """
        state_dir = self.options.state_dir
        forget_old_descriptions(state_dir, self.report.generation)
        try:
            if outdated_generations(state_dir):
                redact_reports(state_dir)
            if wait := seconds_to_purge(state_dir):
                log.info("what other rules let in is deleted once readers have left it", seconds=round(wait))
                time.sleep(wait)
            self.report.pruned = prune(state_dir)
            if self.publisher is not None:
                self.report.pruned = self.publisher.prune()
        except (OSError, IndexStoreError) as error:
            log.warning("old generations were not pruned", reason=str(error))

    def _close_report(self, seconds: float) -> None:
        path = self.report.close(self.options.state_dir, seconds)
        try:
            if path is not None and self.publisher is not None:
                self.publisher.put_report(path)
        except (OSError, IndexStoreError) as error:
            log.warning("the night report was not published", reason=str(error))

    def _index_repositories(self, writer: GenerationWriter) -> list[RepositoryState]:
        before = {state.name: state for state in writer.base.repositories} if writer.base else {}
        serving = _serving_states(self.options.state_dir)
        only = self.options.only
        if writer.base is None:
            anew = bool(list_generations(self.options.state_dir))
        else:
            anew = writer.base.chunker != CHUNKER
        if anew:
            only = frozenset()
        configured = {source.name for source in self.options.sources}
        removed = sorted(serving.keys() - configured)
        for name in removed:
            writer.delete_repository(name)
            self.report.removed.append(name)

        states: list[RepositoryState] = []
        # A glob over an unmounted disk no longer names its repositories at all: those count as vanished too.
        vanished = [name for name in removed if _counts(serving[name]) and _is_gone(serving[name].location)]
        self._refuse_mass_vanishing(vanished, len(serving))
        due = [source for source in self.options.sources if not only or source.name in only]
        with self._engine() as engine, closing(self._read_ahead(due, writer, engine)) as ahead:
            for definition in self.options.sources:
                previous = before.get(definition.name)
                if only and definition.name not in only:
                    states.extend([previous] if previous else [])
                    continue
                state, gone = self._index_repository(definition, previous, ahead, writer)
                states.append(state)
                if gone and _counts(serving.get(definition.name)):
                    vanished.append(definition.name)
                    self._refuse_mass_vanishing(vanished, len(serving))
        return states

    @contextmanager
    def _engine(self) -> Iterator[Engine]:
        if self.options.engine is not None:
            with self.options.engine(self.rows) as engine:
                yield engine
            return
        pool = row_pool(self.options.workers, self.extract)
        try:
            yield LocalEngine(pool, self.rows, self.summariser if self.describer is not None else None)
        finally:
            self.opened.callback(pool.start_closing())  # publishing does not wait for it

    def _read_ahead(
        self, due: Sequence[SourceDefinition], writer: GenerationWriter, engine: Engine
    ) -> ReadAhead:
        tools, mirrors = Tools(writer, engine, self.progress), self.options.state_dir / MIRRORS

        def prepare(definition: SourceDefinition) -> RepositoryNight:
            self.options.failpoint(f"repository:{definition.name}")
            return RepositoryNight(definition, mirrors, tools, RepositoryReport(definition.name))

        return ReadAhead(due, prepare)

    def _index_repository(
        self,
        definition: SourceDefinition,
        previous: RepositoryState | None,
        ahead: ReadAhead,
        writer: GenerationWriter,
    ) -> tuple[RepositoryState, bool]:
        began = time.monotonic()
        night = ahead.take()
        report = night.report
        self.report.repositories.append(report)
        savepoint = writer.savepoint()
        try:
            with closing(night):
                state = night.run(ahead.begin_next)
            gone = not report.found
            if gone and not state.commit and not self.options.accept_vanished and previous and previous.files:
                # An unmounted disk leaves an empty folder behind; a commit without files is meant.
                raise SourceMissing(
                    f"{without_credentials(definition.location)} is empty: mount its disk, or run with "
                    "--accept-vanished if it is meant to be"
                )
        except SourceError as error:
            writer.roll_back_to(savepoint)
            gone = isinstance(error, SourceMissing)
            drop_files_with_secrets(writer, self.options.state_dir, definition.name)
            state = _stale_state(definition, previous, str(error), writer.base_files(definition.name))
            # What was counted until then was rolled back with the rows.
            report = self.report.repositories[-1] = RepositoryReport(
                definition.name,
                Outcome.STALE if previous and previous.indexed_at else Outcome.FAILED,
                str(error),
                chunks=state.chunks,
            )
            log.warning("repository failed", repo=definition.name, code=error.code, reason=str(error))
        report.seconds = round(time.monotonic() - began, 3)
        self.progress.repository_finished(report)
        return state, gone

    def _refuse_mass_vanishing(self, vanished: list[str], known: int) -> None:
        if self.options.accept_vanished:
            return
        if len(vanished) >= MIN_VANISHED and len(vanished) > MAX_VANISHED_SHARE * known:
            raise TooManyVanished(
                f"{len(vanished)} of {known} repositories are gone or empty ({', '.join(vanished[:5])}): "
                "nothing was published; mount the disk again, or run with --accept-vanished if they are "
                "meant to go"
            )

    def _publish(self, writer: GenerationWriter, states: list[RepositoryState]) -> None:
        record = self._record_summariser()
        base = writer.base
        another = True
        if base is None or writer.has_changes or base.summariser != record or not _same(base, states):
            base = writer.publish(states, record)
        elif writer.held_back:
            writer.let_in(base.generation)
        else:
            another = False
            writer.abandon()
        self.built, self.report.missing_vectors = base.generation, base.missing_vectors
        if writer.held_back:
            self.report.generation = current_generation(self.options.state_dir)
            self.report.held_back = self.built
        else:
            self.report.generation, self.report.held_back = self.built, 0
            self.report.published = self.report.published or another

    def _inspect(self, ask: Inspect, generation: int) -> Sequence[str]:
        """Ask the golden queries; why the generation may not serve, () if it may."""
        failed = frozenset(repository.name for repository in self.report.failed)
        with self._step("golden"):
            self.report.golden = list(ask(generation, failed))
        if self.options.accept_golden:
            return ()
        return [str(result) for result in self.report.golden if result.verdict is Verdict.LOST]

    def _refuse_held_back(self, writer: GenerationWriter) -> None:
        if reasons := writer.held_back:
            raise GenerationHeldBack(
                f"generation {self.built} is held back and {self.report.generation} keeps serving: "
                f"{'; '.join(reasons)}; mend what moved it and run again, which goes on from there, or let "
                "it serve with `nightdex run --accept-golden`"
            )

    def _record_summariser(self) -> SummariserRecord:
        if self.describer is not None:
            return self.describer.record
        return SummariserRecord("extractive", self.summariser.source, "")

    def _complete(self, writer: GenerationWriter, states: list[RepositoryState]) -> None:
        """Add what the first publish lacks: vectors that failed, a model's descriptions. Publish again."""
        if self.report.missing_vectors:
            with self._step("vectors"):
                self.rows.try_again()
                self.report.vectors_filled = fill_vectors(writer, self._stored(), self.rows)
                self._publish(writer, states)
        if self.describer is not None:
            with self._step("descriptions"):
                stored, count = self._stored(), self.rows.count
                rate = count.seconds / count.embedded if count.embedded >= MIN_MEASURED else 0.0
                places = self.describer.describe(stored, self.options.descriptions, self.progress, rate)
            if places:
                with self._step("description vectors"):
                    self.rows.try_again()
                    self.describer.report.stored = store_descriptions(
                        writer, stored, self.rows, self.describer.cached, places
                    )
            with self._step("publish descriptions"):
                self._publish(writer, states)

    def _stored(self) -> StoredRows:
        return StoredRows(self.options.state_dir, self.built)

    def _judge(self) -> None:
        """Say in one sentence what is not as it should be."""
        report, reasons = self.report, []
        if report.failed:
            names = ", ".join(repository.name for repository in report.failed)
            reasons.append(f"{len(report.failed)} repositories failed: {names}")
        if self.rows.breakdown:
            report.embedder_breakdown = self.rows.breakdown
            reasons.append(
                f"{report.missing_vectors} vectors are missing, the next night computes them: "
                f"{self.rows.breakdown}"
            )
        if reasons:
            report.outcome, report.reason = "partial", "; ".join(reasons)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self.options.failpoint(name)
        self.progress.step(name)
        began = time.monotonic()
        try:
            yield
        finally:
            self.report.steps[name] = round(time.monotonic() - began, 3)


def _replaces_another(state_dir: Path, writer: GenerationWriter, embedder: Embedder) -> bool:
    """Whether what is built from nothing takes the place of a whole index of another embedder."""
    if writer.base is not None:
        return False
    serving = serving_manifest(state_dir)
    return serving is not None and serving.embedder != embedder_record(embedder)


def _stale_state(
    definition: SourceDefinition, previous: RepositoryState | None, reason: str, kept: Mapping[str, FileRow]
) -> RepositoryState:
    return RepositoryState(
        name=definition.name,
        location=without_credentials(definition.location),
        branch=definition.branch,
        commit=previous.commit if previous else "",
        committed_at=previous.committed_at if previous else 0,
        files=sum(1 for row in kept.values() if row.chunks),
        chunks=sum(row.chunks for row in kept.values()),
        indexed_at=previous.indexed_at if previous else "",
        stale=True,
        stale_reason=reason,
    )


def _serving_states(state_dir: Path) -> dict[str, RepositoryState]:
    """What the serving generation says of each repository, even where it cannot be built upon."""
    manifest = serving_manifest(state_dir)
    return {state.name: state for state in manifest.repositories} if manifest else {}


def _counts(state: RepositoryState | None) -> bool:
    """Whether its vanishing is news: it has files to lose, and was there the last time."""
    return state is not None and state.files > 0 and not state.stale


def _is_gone(location: str) -> bool:
    return "://" not in location and not Path(location).exists()


def _same(base: Manifest, states: list[RepositoryState]) -> bool:
    """Whether publishing would tell a reader anything new. A moved HEAD does: hits carry the commit."""

    def essence(state: RepositoryState) -> tuple[str, str, str, str, bool, str]:
        return state.name, state.location, state.branch, state.commit, state.stale, state.stale_reason

    return sorted(map(essence, base.repositories)) == sorted(map(essence, states))
