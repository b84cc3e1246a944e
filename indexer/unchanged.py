"""A night in which no repository moved: it is over before lancedb and the parsers would be imported."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from index_store.errors import IndexStoreError
from index_store.generations import (
    current_generation,
    generation_dir,
    outdated_generations,
    prune,
    remove_debris,
    waiting_generation,
)
from index_store.last_read import unread_problems
from index_store.log import Log
from index_store.manifest import read_manifest
from index_store.schema import SummariserRecord
from indexer.embed import embedder_record
from indexer.errors import SourceError
from indexer.git.layout import find_git_dir
from indexer.git.refs import peek_commit
from indexer.night_report import NightReport, Outcome, RepositoryReport
from indexer.rules import CHUNKER
from indexer.runlock import run_lock
from indexer.settled import digest_of, read_settled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index_store.schema import Manifest, RepositoryState
    from indexer.night_options import NightOptions
    from indexer.progress import Progress
    from indexer.settled import Settled, SettledRepository
    from indexer.sources.definition import SourceDefinition
    from model_chain.protocol import Embedder, Summariser

log = Log(__name__)


def unchanged_night(
    options: NightOptions, embedder: Embedder, summariser: Summariser, progress: Progress
) -> NightReport | None:
    """The report of a night that has nothing to do, saved as any; None where it has, or may have.

    For nights whose descriptions are extractive, and whose index is on this machine.

    Raises:
        AlreadyRunning: another run holds the lock.
    """
    began = time.monotonic()
    with run_lock(options.state_dir):
        started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        settled = read_settled(options.state_dir)
        manifest = _base(options.state_dir, settled)
        if manifest is None or not _is_what_it_would_be(manifest, options, embedder, summariser):
            return None
        asked = [one for one in options.sources if not options.only or one.name in options.only]
        states = {state.name: state for state in manifest.repositories}
        if not all(_stands(one, settled.repositories.get(one.name), states.get(one.name)) for one in asked):
            return None
        report = NightReport(
            started_at,
            generation=manifest.generation,
            only=sorted(options.only),
            embedder=str(embedder.fingerprint),
            summariser=summariser.source,
            repositories=[_report(one.name, settled.repositories[one.name]) for one in asked],
        )
        for step in ("begin", "repositories"):
            progress.step(step)
            report.steps[step] = round(time.monotonic() - began, 3)
        for repository in report.repositories:
            progress.repository_finished(repository)
        _prune(options.state_dir, report)
        report.close(options.state_dir, time.monotonic() - began)
    return report


def _base(state_dir: Path, settled: Settled) -> Manifest | None:
    """The generation that serves, if the last night left it settled, and it is whole."""
    try:
        number = current_generation(state_dir)
        if number != settled.generation or waiting_generation(state_dir) or outdated_generations(state_dir):
            return None
        folder = generation_dir(state_dir, number)
        manifest = read_manifest(folder)
        return None if unread_problems(state_dir, folder, manifest) else manifest
    except (IndexStoreError, OSError):
        return None


def _is_what_it_would_be(
    manifest: Manifest, options: NightOptions, embedder: Embedder, summariser: Summariser
) -> bool:
    """Whether a night with these models and sources could publish the same again."""
    return (
        manifest.chunker == CHUNKER
        and manifest.embedder == embedder_record(embedder)
        and manifest.summariser == SummariserRecord("extractive", summariser.source, "")
        and not manifest.missing_vectors
        and {state.name for state in manifest.repositories} <= {one.name for one in options.sources}
    )


def _stands(
    definition: SourceDefinition, settled: SettledRepository | None, state: RepositoryState | None
) -> bool:
    if settled is None or state is None or state.stale or settled.definition != digest_of(definition):
        return False
    try:
        git_dir = find_git_dir(Path(definition.location))
    except SourceError:
        return False
    if git_dir is None or not peek_commit(git_dir, definition.branch) == settled.commit == state.commit:
        return False
    return not settled.missing or not _has_any(git_dir, settled.missing)


def _has_any(git_dir: Path, missing: Sequence[str]) -> bool:
    from indexer.git.objects import has_any  # noqa: PLC0415 - most nights ask git nothing

    try:
        return has_any(git_dir, missing)
    except SourceError:
        return True


def _report(name: str, settled: SettledRepository) -> RepositoryReport:
    return RepositoryReport(
        name,
        Outcome.UNCHANGED,
        commit=settled.commit,
        found=settled.found,
        chunked=settled.chunked,
        skipped=dict(settled.skipped),
        reused=settled.chunked,
        changed=len(settled.missing),  # as a night counts what it looks for again
        missing_objects=list(settled.missing),
        chunks=settled.chunks,
    )


def _prune(state_dir: Path, report: NightReport) -> None:
    try:
        remove_debris(state_dir)
        report.pruned = prune(state_dir)
    except OSError as error:
        log.warning("old generations were not pruned", reason=str(error))
