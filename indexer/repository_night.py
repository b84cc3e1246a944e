"""One repository's night: list, plan, read, cut, describe, embed, write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from index_store.schema import ChunkRow, FileRow, RepositoryState, Vector
from indexer.chunking.languages import language_of
from indexer.engine import Engine, FinishedFiles
from indexer.errors import SourceError, SourceUnreadable
from indexer.git.command import without_credentials
from indexer.intake.admit import admit
from indexer.intake.decode import decode
from indexer.intake.secrets import redact
from indexer.intake.skip import SkipReason
from indexer.intake.text import SourceText
from indexer.night_report import Outcome, RepositoryReport
from indexer.plan import RepositoryPlan, plan_repository
from indexer.progress import Progress
from indexer.sources.definition import SourceDefinition
from indexer.sources.opening import open_source
from indexer.sources.paths import displayed_path
from indexer.sources.source import Entry, Snapshot, Source


@contextmanager
def _reading() -> Iterator[None]:
    """An error of the system while a source is read costs that source, not the night."""
    try:
        yield
    except OSError as error:
        raise SourceUnreadable(f"reading broke off: {error}; the next night tries again") from error


def _stored_path(path: str) -> str:
    """The path as shown; one that holds a secret is left out (see `admit`), and must not tell it either."""
    return redact(displayed_path(path)).text


class ChunkSink(Protocol):
    """Where chunks go: the next generation, or a count of what would go there. As GenerationWriter says."""

    def base_files(self, repo: str) -> Mapping[str, FileRow]:
        """What is known of a repository's files, by path."""
        ...

    def known_vectors(self, embed_hashes: Collection[str]) -> dict[str, Vector]:
        """Code vectors that are known for these embedded texts."""
        ...

    def add(self, rows: Sequence[ChunkRow]) -> None:
        """Insert rows, or replace those with the same id."""
        ...

    def delete_files(self, repo: str, paths: Collection[str]) -> None:
        """Remove every chunk of these files."""
        ...

    def set_inventory(self, repo: str, files: Sequence[FileRow]) -> None:
        """Say which files a repository has."""
        ...


# What is there, what is to be done about it, and what comes of the files that are read for it.
_Begun = tuple[Snapshot, RepositoryPlan, Iterator[FinishedFiles]]


@dataclass(frozen=True, slots=True)
class Tools:
    """What every repository of a night shares."""

    writer: ChunkSink
    engine: Engine
    progress: Progress


class RepositoryNight:
    """Brings one repository of the generation being written up to date."""

    def __init__(
        self, definition: SourceDefinition, mirrors_dir: Path, tools: Tools, report: RepositoryReport
    ) -> None:
        self._definition = definition
        self._mirrors_dir = mirrors_dir
        self._source: Source | None = None
        self._writer = tools.writer
        self._engine = tools.engine
        self._progress = tools.progress
        self.report = report
        self._inventory: list[FileRow] = []
        self._begun: _Begun | SourceError | None = None
        self._then: Callable[[], None] = lambda: None
        self._all_sent = False

    def begin(self) -> None:
        """Plan, and send first files to the workers; nothing is written.

        That its source cannot be read is for `run` to raise.
        """
        self._begun = self._try_to_begin()

    def close(self) -> None:
        """Release what its source holds."""
        if self._source is not None:
            self._source.close()

    def run(self, then: Callable[[], None] = lambda: None) -> RepositoryState:
        """Do it, filling the report; return what the manifest will say.

        `then` is called as soon as the workers could begin with another repository.

        Raises:
            SourceError: the source cannot be read; the caller rolls the writer back.
            ModelError: the embedder is not working, and it must.
        """
        begun = self._begun or self._try_to_begin()
        if isinstance(begun, SourceError):
            raise begun
        snapshot, plan, finishing = begun
        report, definition = self.report, self._definition
        if plan.drop:
            self._writer.delete_files(definition.name, plan.drop)
        self._progress.repository_started(definition.name, len(plan.read))
        self._then = then
        if self._all_sent:
            then()
        for finished in finishing:
            self._store(finished)
        # A missing object is asked for every night: having read something does not mean that it changed.
        unchanged = not plan.drop and self._writer.base_files(definition.name) == {
            row.path: row for row in self._inventory
        }
        self._writer.set_inventory(definition.name, self._inventory)

        report.chunked = sum(1 for row in self._inventory if row.chunks)
        report.chunks = sum(row.chunks for row in self._inventory)
        if unchanged:
            report.outcome = Outcome.UNCHANGED
        if snapshot.stale_reason:
            report.outcome, report.reason = Outcome.STALE, snapshot.stale_reason
        return RepositoryState(
            name=definition.name,
            location=without_credentials(definition.location),
            branch=definition.branch,
            commit=snapshot.commit,
            committed_at=snapshot.committed_at,
            files=report.chunked,
            chunks=report.chunks,
            indexed_at=datetime.now(UTC).isoformat(timespec="seconds"),
            stale=bool(snapshot.stale_reason),
            stale_reason=snapshot.stale_reason,
        )

    def _try_to_begin(self) -> _Begun | SourceError:
        try:
            return self._begin()
        except SourceError as error:
            return error

    def _begin(self) -> _Begun:
        definition, report = self._definition, self.report
        self._source = source = open_source(definition, self._mirrors_dir)
        with _reading():
            snapshot = source.snapshot()
        report.commit, report.found = snapshot.commit, len(snapshot.entries)
        plan = plan_repository(
            snapshot.entries,
            self._writer.base_files(definition.name),
            lambda entry: admit(entry, definition),
            _stored_path,
        )
        self._take_plan(plan)
        texts = self._texts(source, plan.read)
        return snapshot, plan, self._engine.finish(texts, self._writer.known_vectors, self._note_all_sent)

    def _note_all_sent(self) -> None:
        self._all_sent = True
        self._then()

    def _take_plan(self, plan: RepositoryPlan) -> None:
        report = self.report
        report.added, report.changed, report.moved, report.gone = (
            plan.added,
            plan.changed,
            plan.moved,
            plan.gone,
        )
        for row in plan.keep:
            self._inventory.append(row)
            if row.chunks:
                report.reused += 1
            else:
                report.record_skip(row.skip_reason)
        for entry, reason in plan.skipped:
            self._skip(entry, reason, entry.size or 0)
        for _ in plan.twins:  # the inventory has one file to a path
            report.record_skip(SkipReason.UNSAFE_PATH.value)

    def _skip(self, entry: Entry, reason: SkipReason, size: int) -> None:
        self.report.record_skip(reason.value)
        path = _stored_path(entry.path)
        self._inventory.append(FileRow(self._definition.name, path, entry.blob_id, size, "", 0, reason.value))

    def _texts(self, source: Source, entries: tuple[Entry, ...]) -> Iterator[SourceText]:
        contents = iter(source.read(entries))
        while True:
            with _reading():
                item = next(contents, None)
            if item is None:
                return
            entry, data = item
            if data is None:
                self.report.missing_objects.append(entry.blob_id)
                self._skip(entry, SkipReason.MISSING_OBJECT, 0)
                continue
            self.report.bytes_read += len(data)
            text = decode(entry, data)
            if isinstance(text, SkipReason):
                self._skip(entry, text, len(data))
                continue
            redacted = redact(text)
            self.report.record_redactions(redacted.found)
            text, path = redacted.text, _stored_path(entry.path)
            yield SourceText(
                self._definition.name, path, entry.blob_id, len(data), language_of(path, text), text
            )

    def _store(self, finished: FinishedFiles) -> None:
        report = self.report
        for row, fallback in finished.files:
            if fallback:
                report.record_fallback(row.path, fallback)
            self._inventory.append(row)
        for place, cause in finished.failures:
            report.record_failure(place, cause)
        report.embedded += finished.embedded
        report.embeddings_reused += finished.reused
        report.summarised += len(finished.rows)
        self._writer.add(finished.rows)
        self._progress.files_done(self._definition.name, len(finished.files), len(finished.rows))
