"""What a night would do, counted by doing everything but asking models and writing the index."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field

import numpy as np

from index_store.schema import ChunkRow, FileRow, Vector
from index_store.stored_rows import StoredRows
from index_store.writer import GenerationWriter
from indexer.backlog import BacklogPlan, plan_backlog
from indexer.carry_over import read_carry_over
from indexer.describer import Describer, opened_describer
from indexer.descriptions import is_definition, is_trivial
from indexer.embed import RowEmbedder, embedder_record
from indexer.engine import LocalEngine, row_pool
from indexer.errors import SourceError
from indexer.limits import ASSUMED_SECONDS_PER_DESCRIPTION, ASSUMED_SECONDS_PER_VECTOR
from indexer.night_options import NightOptions
from indexer.night_report import RepositoryReport
from indexer.nightly import MIRRORS
from indexer.progress import Progress, SilentProgress
from indexer.repository_night import RepositoryNight, Tools
from indexer.rules import CHUNKER
from indexer.runlock import run_lock
from model_chain.protocol import CodeUnit, Description, EmbeddedBatch, Embedder, Fingerprint, Summariser
from model_chain.summary_cache import CachedSummariser, VersionedSummariser


@dataclass(slots=True)
class Forecast:
    """What is due. A description is one question to the model; seconds are over all hosts.

    Attributes:
        files, chunks: to be read, and to be written.
        embeddings: texts without a known vector, the descriptions that are due among them.
        descriptions: questions to the chat model; 0 where none describes.
        trivial, identical, known: chunks that need no question, and why.
        failed: repositories that cannot be read, with the reason.
        measured: whether an earlier night measured the speed; it is assumed otherwise.
    """

    files: int = 0
    chunks: int = 0
    embeddings: int = 0
    descriptions: int = 0
    trivial: int = 0
    identical: int = 0
    known: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    measured: bool = False
    seconds_per_vector: float = 0.0
    seconds_per_description: float = 0.0

    @property
    def embedding_hours(self) -> float:
        """How long the vectors take."""
        return self.embeddings * self.seconds_per_vector / 3600

    @property
    def description_hours(self) -> float:
        """How long the descriptions take."""
        return self.descriptions * self.seconds_per_description / 3600

    def nights(self, hours: float, max_per_night: int | None) -> int:
        """How many nights of `hours` the descriptions take, the vectors coming first; 0 is never."""
        seconds = (hours - self.embedding_hours) * 3600
        first = self._in_time(seconds, max_per_night)
        rest = self.descriptions - first
        if rest <= 0:
            return 1
        later = self._in_time(hours * 3600, max_per_night)
        return 1 + math.ceil(rest / later) if later else 0

    def _in_time(self, seconds: float, max_per_night: int | None) -> int:
        possible = max(0, int(seconds / self.seconds_per_description))
        return possible if max_per_night is None else min(possible, max_per_night)

    def as_json(self) -> dict[str, object]:
        """Everything, ready for json.dumps."""
        hours = {"embedding_hours": self.embedding_hours, "description_hours": self.description_hours}
        return {**asdict(self), **{name: round(value, 3) for name, value in hours.items()}}


def forecast_night(
    options: NightOptions,
    embedder: Embedder,
    summariser: Summariser,
    progress: Progress | None = None,
    describer: VersionedSummariser | None = None,
) -> Forecast:
    """Count what a night with these options would do; no model is asked and no generation is written.

    Repositories with a `url` are fetched, because what they hold decides what is due.

    Raises:
        AlreadyRunning: a night is going on.
        IndexStoreError: the index cannot be built upon.
    """
    progress = progress or SilentProgress()
    with run_lock(options.state_dir), ExitStack() as opened:
        writer = GenerationWriter.begin(
            options.state_dir, embedder=embedder_record(embedder), chunker=CHUNKER
        )
        model = opened.enter_context(opened_describer(options.state_dir, describer)) if describer else None
        waiting = _Waiting(summariser, model.cached if model else None)
        rows = _CountedRows(writer)
        counted = RowEmbedder(_CountedTexts(embedder.fingerprint))
        pool = opened.enter_context(row_pool(options.workers, summariser))
        forecast = _read_sources(options, Tools(rows, LocalEngine(pool, counted, waiting), progress))
        plan = _stored_backlog(options, writer, rows, model)
    due = plan.places.keys() | waiting.keys
    described_rows = waiting.rows + sum(map(len, plan.places.values())) + sum(map(len, plan.known.values()))
    known = read_carry_over(options.state_dir)
    forecast.chunks = rows.chunks
    forecast.descriptions = len(due)
    forecast.embeddings = counted.count.embedded + described_rows
    forecast.trivial, forecast.known = plan.trivial + waiting.trivial, waiting.known
    forecast.identical = waiting.rows + sum(map(len, plan.places.values())) - len(due)
    forecast.measured = bool(known.seconds_per_description)
    forecast.seconds_per_description = known.seconds_per_description or ASSUMED_SECONDS_PER_DESCRIPTION
    provider = embedder.fingerprint.provider
    forecast.seconds_per_vector = known.seconds_per_vector or ASSUMED_SECONDS_PER_VECTOR.get(provider, 0.0)
    return forecast


def _read_sources(options: NightOptions, tools: Tools) -> Forecast:
    forecast = Forecast()
    for definition in options.sources:
        if options.only and definition.name not in options.only:
            continue
        report = RepositoryReport(definition.name)
        try:
            with closing(RepositoryNight(definition, options.state_dir / MIRRORS, tools, report)) as night:
                night.run()
        except SourceError as error:
            report.reason = str(error)
            forecast.failed[definition.name] = str(error)
        forecast.files += report.chunked - report.reused
        tools.progress.repository_finished(report)
    return forecast


def _stored_backlog(
    options: NightOptions, writer: GenerationWriter, rows: _CountedRows, model: Describer | None
) -> BacklogPlan:
    """What waits among the rows that stay as they are."""
    if writer.base is None or model is None:
        return BacklogPlan()
    stored = StoredRows(options.state_dir, writer.base.generation).scan()
    staying = (row for row in stored if (row.repo, row.path) not in rows.dropped)
    return plan_backlog(staying, model.cached, {}, 0, {})


class _CountedRows:
    """Stands where a writer stands: says what the last generation holds, and counts what is added to it."""

    def __init__(self, writer: GenerationWriter) -> None:
        self._writer = writer
        self.chunks = 0
        self.dropped: set[tuple[str, str]] = set()

    def base_files(self, repo: str) -> Mapping[str, FileRow]:
        """As the writer says."""
        return self._writer.base_files(repo)

    def known_vectors(self, embed_hashes: Collection[str]) -> dict[str, Vector]:
        """As the writer says."""
        return self._writer.known_vectors(embed_hashes)

    def add(self, rows: Sequence[ChunkRow]) -> None:
        """Count them."""
        self.chunks += len(rows)

    def delete_files(self, repo: str, paths: Collection[str]) -> None:
        """Remember that their rows will not stay."""
        self.dropped.update((repo, path) for path in paths)

    def set_inventory(self, repo: str, files: Sequence[FileRow]) -> None:
        """Nothing is kept."""


class _CountedTexts:
    """Stands where an embedder stands; its vectors have one dimension and go nowhere."""

    def __init__(self, fingerprint: Fingerprint) -> None:
        self.fingerprint = fingerprint

    def embed_documents(self, texts: Sequence[str]) -> EmbeddedBatch:
        """Give every text an empty vector."""
        return EmbeddedBatch(np.zeros((len(texts), 1), np.float32), {})

    def embed_query(self, text: str) -> Vector:  # noqa: ARG002 - the seam's signature
        """Give a query the same."""
        return np.zeros(1, np.float32)

    def close(self) -> None:
        """Nothing is held."""


class _Waiting:
    """Stands where the night's summariser stands, and counts what a model would be asked about."""

    def __init__(self, extractive: Summariser, cached: CachedSummariser | None) -> None:
        self._extractive = extractive
        self._cached = cached
        self.keys: set[str] = set()
        self.rows = self.trivial = self.known = 0

    @property
    def source(self) -> str:
        """That of the extracts."""
        return self._extractive.source

    def summarise(self, unit: CodeUnit) -> Description:
        """Extract, and count."""
        if self._cached is not None and is_definition(unit.kind):
            if is_trivial(unit):
                self.trivial += 1
            elif (summary := self._cached.cached(unit)) is None:
                self.keys.add(self._cached.key(unit).content_hash)
                self.rows += 1
            elif summary.text:
                self.known += 1
        return self._extractive.summarise(unit)
