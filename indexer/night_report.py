"""What the night did, per repository, in numbers that add up: found = chunked + skipped."""

from __future__ import annotations

import dataclasses
import json
import resource
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from index_store.durable import remove_unfinished, write_durably
from index_store.log import Log
from indexer.golden import GoldenResult
from indexer.limits import MAX_REPORTED_FAILURES

log = Log(__name__)

REPORTS = "nights"


class Outcome(StrEnum):
    """How one repository fared."""

    INDEXED = "indexed"
    UNCHANGED = "unchanged"
    STALE = "stale"  # it failed tonight; its last good chunks keep serving
    FAILED = "failed"  # it failed tonight and nothing of it was ever indexed


@dataclass(slots=True)
class RepositoryReport:
    """One repository's night. File counts are of tonight's listing; `found = chunked + sum(skipped)`.

    Attributes:
        reused: chunked files whose stored chunks were kept because their content did not change.
        missing_objects: ids of the files that the repository does not have the contents of.
        bytes_read: of the files that were read tonight.
        redacted: secrets that were taken out of the files read tonight, by rule.
        chunks: stored for this repository after the night.
        embedded, embeddings_reused: vectors computed tonight, and taken from identical content instead.
        summarised: descriptions written tonight.
        fallbacks: files cut into line windows because their parser failed, by cause.
        failures: (path, cause) of what failed without failing the repository, the first few of them.
        failure_count: how many such failures there were.
        seconds: from its turn to its end; reading its first files ahead counts with the repository before it.
    """

    name: str
    outcome: Outcome = Outcome.INDEXED
    reason: str = ""
    commit: str = ""
    found: int = 0
    chunked: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    reused: int = 0
    added: int = 0
    changed: int = 0
    moved: int = 0
    gone: int = 0
    missing_objects: list[str] = field(default_factory=list)
    bytes_read: int = 0
    redacted: dict[str, int] = field(default_factory=dict)
    chunks: int = 0
    embedded: int = 0
    embeddings_reused: int = 0
    summarised: int = 0
    fallbacks: dict[str, int] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)
    failure_count: int = 0
    seconds: float = 0.0

    def record_skip(self, reason: str) -> None:
        """Count a file that was left out."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1

    def record_redactions(self, found: Mapping[str, int]) -> None:
        """Count the secrets that were taken out of a file."""
        for rule, count in found.items():
            self.redacted[rule] = self.redacted.get(rule, 0) + count

    def record_fallback(self, path: str, cause: str) -> None:
        """Count a file whose parser failed, and name it."""
        self.fallbacks[cause] = self.fallbacks.get(cause, 0) + 1
        self.record_failure(path, f"parser {cause}; cut into line windows")

    def record_failure(self, path: str, cause: str) -> None:
        """Count a failure that did not stop the repository; keep the first few by name."""
        self.failure_count += 1
        if len(self.failures) < MAX_REPORTED_FAILURES:
            self.failures.append((path, cause))

    @property
    def adds_up(self) -> bool:
        """Whether every found file is either chunked or skipped with a reason."""
        return self.found == self.chunked + sum(self.skipped.values())


@dataclass(slots=True)
class DescriptionReport:
    """What a language model said about code tonight; counts are of distinct contents unless they say rows.

    Attributes:
        waiting: undescribed when the night began to describe.
        asked, described: questions put to the model, and answers that can be used.
        from_cache: chunks that got their description without a question, because it was known.
        identical: chunks that share another one's question.
        trivial: chunks too short to ask about; they keep their extract.
        rejected: chunks whose description was given up on an earlier night; they keep their extract.
        stored: rows whose new description is published.
        carried_over: what still waits; the next night begins with it.
        stopped: why there is a carry-over, "" where there is none.
        failures: by error code, how many questions came to nothing.
        examples: (where, cause) of the first few of them.
        seconds: spent on asking.
    """

    waiting: int = 0
    asked: int = 0
    described: int = 0
    from_cache: int = 0
    identical: int = 0
    trivial: int = 0
    rejected: int = 0
    stored: int = 0
    carried_over: int = 0
    stopped: str = ""
    failures: dict[str, int] = field(default_factory=dict)
    examples: list[tuple[str, str]] = field(default_factory=list)
    seconds: float = 0.0

    def record_failure(self, code: str, where: str, cause: str) -> None:
        """Count a question that came to nothing; keep the first few by name."""
        self.failures[code] = self.failures.get(code, 0) + 1
        if len(self.examples) < MAX_REPORTED_FAILURES:
            self.examples.append((where, cause))


@dataclass(slots=True)
class NightReport:
    """One whole night. Times are ISO 8601 in UTC, durations in seconds, memory in bytes.

    Attributes:
        generation: the generation that serves after the night.
        published: whether it is a new one.
        outcome: "ok", "partial" (some repositories failed, or the embedder broke down) or "failed" (the night
            ended early; what was published until then serves).
        only: the repositories that were asked for by name; empty means all.
        vectors_filled: rows that got a vector which an earlier night, or an earlier hour, could not compute.
        missing_vectors: how many the generation lacks; words alone find those chunks.
        embedder_breakdown: why the embedder was left alone, "" where it was not.
        descriptions: None where no language model describes.
        golden: what became of the golden queries, in the newest generation of the night.
        held_back: the generation that was built and does not serve, because a golden query lost its answer;
            the next night goes on from it. 0 where there is none.
    """

    started_at: str
    generation: int = 0
    held_back: int = 0
    published: bool = False
    outcome: str = "ok"
    reason: str = ""
    only: list[str] = field(default_factory=list)
    embedder: str = ""
    summariser: str = ""
    vectors_filled: int = 0
    missing_vectors: int = 0
    embedder_breakdown: str = ""
    descriptions: DescriptionReport | None = None
    golden: list[GoldenResult] = field(default_factory=list)
    repositories: list[RepositoryReport] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    pruned: list[int] = field(default_factory=list)
    steps: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    peak_memory: int = 0

    @property
    def failed(self) -> list[RepositoryReport]:
        """The repositories that could not be brought up to date tonight."""
        return [r for r in self.repositories if r.outcome in {Outcome.STALE, Outcome.FAILED}]

    def totals(self) -> Mapping[str, int]:
        """Sums over the repositories, under the names of their counters."""
        names = (
            "found",
            "chunked",
            "reused",
            "bytes_read",
            "chunks",
            "embedded",
            "embeddings_reused",
            "summarised",
        )
        sums = {name: sum(getattr(r, name) for r in self.repositories) for name in names}
        sums["skipped"] = sum(sum(r.skipped.values()) for r in self.repositories)
        sums["redacted"] = sum(sum(r.redacted.values()) for r in self.repositories)
        sums["failed"] = len(self.failed)
        return sums

    def as_json(self) -> dict[str, object]:
        """Everything, ready for json.dumps."""
        return {**dataclasses.asdict(self), "totals": dict(self.totals())}

    def close(self, state_dir: Path, seconds: float) -> Path | None:
        """Say how long it took and how much memory, and save it; return where, None where that failed.

        A full disk must not hide behind the report that does not fit on it.
        """
        self.seconds = round(seconds, 3)
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        largest_child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.peak_memory = max(own, largest_child) * 1024
        try:
            return self.save(state_dir)
        except OSError as error:
            log.warning("the night report was not saved", reason=str(error))
            return None

    def save(self, state_dir: Path) -> Path:
        """Write the report durably under `state_dir`/nights, named for its start; return its path.

        Only the night itself, under its lock, may call this.
        """
        folder = state_dir / REPORTS
        folder.mkdir(parents=True, exist_ok=True)
        remove_unfinished(folder)
        path = folder / f"{self.started_at.replace(':', '-')}.json"
        write_durably(path, json.dumps(self.as_json(), indent=1).encode())
        return path


def last_report(state_dir: Path) -> dict[str, object] | None:
    """The newest readable report, as its JSON, or None."""
    return next(_newest_first(state_dir), None)


def last_whole_night(state_dir: Path, now: datetime) -> datetime | None:
    """When the last night began that went over all repositories to its end, or None. Some may have failed.

    One that began after `now` says nothing: the clock was set back since.
    """
    for report in _newest_first(state_dir):
        if report.get("outcome") in {"ok", "partial"} and not report.get("only"):
            began = datetime.fromisoformat(str(report["started_at"]))
            if began <= now:
                return began
    return None


def last_golden(state_dir: Path) -> list[dict[str, object]]:
    """What became of the golden queries when they were last asked; a night that changes nothing asks none."""
    for report in _newest_first(state_dir):
        if isinstance(golden := report.get("golden"), list) and golden:
            return golden
    return []


def _newest_first(state_dir: Path) -> Iterator[dict[str, object]]:
    for path in sorted((state_dir / REPORTS).glob("*.json"), reverse=True):
        try:
            report = json.loads(path.read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(report, dict):
            yield report
