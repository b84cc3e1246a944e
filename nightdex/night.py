"""`nightdex run`: from repos.toml to a night, its progress and its report."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from index_store.errors import NoIndex
from index_store.generations import serving_manifest
from indexer.deadline import next_time
from indexer.embed import embedder_record
from indexer.errors import AlreadyRunning, RepositoriesFailed
from indexer.golden import Verdict
from indexer.night_options import DescriptionLimits, NightOptions
from indexer.night_report import DescriptionReport, NightReport
from indexer.sources.definition import SourceDefinition
from indexer.unchanged import unchanged_night
from model_chain.backends.extractive import ExtractiveSummariser
from nightdex.cluster import cluster_engine
from nightdex.configuration import load_configuration, load_sources
from nightdex.diagnosis import nearest
from nightdex.errors import ConfigurationError, UnknownRepository
from nightdex.golden import inspector
from nightdex.models import night_embedder, night_summariser
from nightdex.progress import showing_progress
from nightdex.shared import shared_index

if TYPE_CHECKING:
    from indexer.progress import Progress
    from model_chain.backends.ollama import OllamaSummariser
    from model_chain.protocol import Embedder, Summariser
    from nightdex.configuration import Configuration
    from nightdex.settings import Settings


@dataclass(frozen=True, slots=True)
class PreparedNight:
    """All that a night or its forecast needs."""

    settings: Settings
    options: NightOptions
    embedder: Embedder
    describer: OllamaSummariser | None
    progress: Progress


@contextmanager
def prepared(
    file: Path, only: Sequence[str], *, accept_vanished: bool = False, accept_golden: bool = False
) -> Iterator[PreparedNight]:
    """Read the configuration and choose the models, for the length of the block.

    Raises:
        ConfigurationError, UnknownRepository, ModelError: nothing was begun.
    """
    configuration, sources = load_sources(file, known=indexed_names)
    _refuse_unknown(only, sources)
    settings = configuration.settings
    shared = shared_index(configuration)
    if shared is not None:
        with suppress(NoIndex):
            shared.fetch()  # which models built it decides which are asked tonight
    manifest = serving_manifest(configuration.state_dir)
    summaries = settings.summaries
    limits = DescriptionLimits(
        next_time(summaries.deadline, settings.schedule.timezone, time.time()), summaries.max_per_night
    )
    options = NightOptions(
        configuration.state_dir,
        sources,
        frozenset(only),
        accept_vanished,
        descriptions=limits,
        inspect=inspector(configuration),
        accept_golden=accept_golden,
        shared=shared,
    )
    with ExitStack() as opened:
        embedder = night_embedder(settings.embedding, manifest.embedder if manifest else None)
        opened.callback(embedder.close)
        describer = night_summariser(
            summaries, settings.embedding.hosts, manifest.summariser if manifest else None
        )
        if describer is not None:
            opened.callback(describer.close)
        _record(configuration, embedder, describer)
        if settings.engine.kind == "ray":
            engine = cluster_engine(settings.engine.address, settings.embedding, embedder_record(embedder))
            options = replace(options, engine=engine)
        progress = opened.enter_context(showing_progress())
        yield PreparedNight(settings, options, embedder, describer, progress)


def _record(configuration: Configuration, embedder: Embedder, describer: OllamaSummariser | None) -> None:
    """Let the ledger have every call of a model server; what the package's own models do is no call."""
    if describer is None and embedder.fingerprint.provider != "ollama":
        return
    from model_chain.backends.ollama import OllamaEmbedder  # noqa: PLC0415 - its client takes a tenth of a second
    from model_chain.backends.ollama.record import recording  # noqa: PLC0415 - as above
    from nightdex.chain.configured import ledger_of  # noqa: PLC0415 - as above
    from nightdex.logs import configure_logs  # noqa: PLC0415 - as above

    configure_logs()  # for what is imported here and writes no lines through a `Log`
    ledger, settings = ledger_of(configuration), configuration.settings
    if isinstance(embedder, OllamaEmbedder):
        embedder.report_to(recording(ledger, settings.embedding.model, "embedding", "night"))
    if describer is not None:
        describer.report_to(recording(ledger, settings.summaries.model, "summary", "night"))


def _run(night: PreparedNight) -> NightReport:
    summariser = ExtractiveSummariser()
    report = None
    if night.describer is None and night.options.shared is None:
        report = unchanged_night(night.options, night.embedder, summariser, night.progress)
    return report or _run_whole(night, summariser)


def _run_whole(night: PreparedNight, summariser: Summariser) -> NightReport:
    from indexer.chunking.forking import start_forking  # noqa: PLC0415 - a night that changes nothing cuts none

    if night.options.engine is None:
        start_forking()  # imports there while this process imports here
    from indexer.nightly import run_night  # noqa: PLC0415 - numpy, pyarrow, tantivy

    return run_night(night.options, night.embedder, summariser, night.progress, night.describer)


def run_night_command(
    file: Path, only: Sequence[str], *, accept_vanished: bool, accept_golden: bool, as_json: bool
) -> int:
    """Run one night, showing its progress on standard error and its report on standard output.

    Raises:
        ConfigurationError, UnknownRepository: nothing was begun.
        IndexerError, IndexStoreError, ModelError: nothing was published.
    """
    try:
        with prepared(file, only, accept_vanished=accept_vanished, accept_golden=accept_golden) as night:
            report = _run(night)
    except Exception as error:
        _tell_of_failure(file, error)
        raise
    if report.outcome == "partial":
        from nightdex.notices import notice_of, tell  # noqa: PLC0415 - most nights go well

        left = f"the night left something undone: {report.reason}"
        tell(night.settings.notify, notice_of("partial", left, report.as_json()))
    if as_json:
        json.dump(report.as_json(), sys.stdout)
        sys.stdout.write("\n")
    else:
        sys.stdout.write(summary(report))
    return RepositoriesFailed.exit_status if report.outcome == "partial" else 0


def _tell_of_failure(file: Path, error: Exception) -> None:
    """Tell whom repos.toml names. Another run, and who mistyped a name, are told by the exit status."""
    if isinstance(error, (AlreadyRunning, UnknownRepository)):
        return
    from nightdex.notices import notice_of, tell  # noqa: PLC0415 - as above

    # A repos.toml that cannot be read names nobody: the schedule, which read it before, tells of that.
    with contextlib.suppress(ConfigurationError):
        settings = load_configuration(file).settings
        tell(settings.notify, notice_of("failed", f"the night failed: {error or type(error).__name__}"))


def indexed_names(state_dir: Path) -> Collection[str]:
    """The names of the repositories that the current generation holds; none where there is no index."""
    manifest = serving_manifest(state_dir)
    return {state.name for state in manifest.repositories} if manifest else ()


def summary(report: NightReport) -> str:
    """The night in a few lines, its failures by name."""
    totals = report.totals()
    skipped: dict[str, int] = {}
    for repository in report.repositories:
        for reason, count in repository.skipped.items():
            skipped[reason] = skipped.get(reason, 0) + count
    change = "published" if report.published else "still serves, nothing changed,"
    files = "{found} files found = {chunked} chunked ({reused} of them unchanged) + {skipped} skipped"
    work = "{chunks} chunks, {embedded} vectors computed, {summarised} descriptions"
    lines = [
        f"generation {report.generation} {change} after {report.seconds:.1f} s",
        f"repositories: {len(report.repositories)}; {files.format(**totals)}",
        work.format(**totals),
    ]
    if skipped:
        reasons = sorted(skipped.items(), key=lambda item: (-item[1], item[0]))
        lines.append("skipped: " + ", ".join(f"{reason} {count}" for reason, count in reasons))
    if totals["redacted"]:
        where = sum(1 for repository in report.repositories if repository.redacted)
        lines.append(
            f"{totals['redacted']} secrets in {where} repositories were replaced before anything was stored; "
            "--json counts them by rule"
        )
    fallbacks = sum(sum(repository.fallbacks.values()) for repository in report.repositories)
    if fallbacks:
        lines.append(
            f"{fallbacks} files are searched as line windows, because their parser failed; --json names them"
        )
    failures = sum(repository.failure_count for repository in report.repositories) - fallbacks
    if failures:
        lines.append(f"{failures} embeddings failed; --json names the first of them")
    if report.vectors_filled:
        lines.append(f"{report.vectors_filled} rows got a vector that could not be computed before")
    if report.embedder_breakdown:
        lines.append(f"{report.missing_vectors} vectors are missing: {report.embedder_breakdown}")
    if report.descriptions is not None:
        lines += described(report.descriptions)
    if report.golden:
        found = sum(1 for result in report.golden if result.verdict is Verdict.FOUND)
        lines.append(f"golden queries: {found} of {len(report.golden)} find what they must")
        lines += [f"golden: {result}" for result in report.golden if result.verdict is not Verdict.FOUND]
    lines += [f"removed: {name}" for name in report.removed]
    lines += [f"{repository.outcome}: {repository.name}: {repository.reason}" for repository in report.failed]
    return "".join(f"{line}\n" for line in lines)


def described(report: DescriptionReport) -> list[str]:
    """What a language model did tonight, in a line or two."""
    counts = (
        f"{report.stored} descriptions by a model: {report.described} asked for tonight",
        f"{report.identical} chunks share one",
        f"{report.from_cache} known before",
        f"{report.trivial} chunks too short to ask about",
    )
    lines = [", ".join(counts)]
    if report.failures:
        causes = ", ".join(f"{code} {count}" for code, count in sorted(report.failures.items()))
        lines.append(f"questions that came to nothing: {causes}; --json names the first of them")
    if report.carried_over:
        lines.append(f"{report.carried_over} descriptions wait for the next night: {report.stopped}")
    return lines


def _refuse_unknown(only: Sequence[str], sources: Sequence[SourceDefinition]) -> None:
    names = [source.name for source in sources]
    for name in only:
        if name not in names:
            meant = nearest(name, names)
            hint = f" - did you mean '{meant}'?" if meant else f"; it has {', '.join(names)}"
            raise UnknownRepository(f"repos.toml has no repository '{name}'{hint}")
