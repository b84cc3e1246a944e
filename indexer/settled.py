"""Repositories that need nothing while their branch stays where it is: a night leaves them to the next one.

A cache beside the index: it names the generation it speaks of, and whoever doubts it does without.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from index_store.durable import write_durably
from index_store.log import Log
from indexer.limits import MAX_MISSING_OBJECTS
from indexer.night_report import Outcome, RepositoryReport
from indexer.sources.definition import SourceDefinition, SourceKind

log = Log(__name__)

SETTLED_NAME = "settled.json"


@dataclass(frozen=True, slots=True)
class SettledRepository:
    """One repository at a commit: by which definition it was read, and what its report counts.

    It is settled for as long as it has none of the objects in `missing`.
    """

    definition: str
    commit: str
    found: int
    chunked: int
    skipped: Mapping[str, int]
    chunks: int
    missing: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """The repositories of one generation that are settled, by name."""

    generation: int = 0
    repositories: Mapping[str, SettledRepository] = field(default_factory=dict)


def read_settled(state_dir: Path) -> Settled:
    """What the last night left; nothing where that cannot be read."""
    try:
        body = json.loads((state_dir / SETTLED_NAME).read_bytes())
        repositories = {name: SettledRepository(**one) for name, one in body["repositories"].items()}
        return Settled(int(body["generation"]), repositories)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Settled()


def save_settled(state_dir: Path, settled: Settled) -> None:
    """Leave it; a full disk costs the next night a look at every repository, nothing else."""
    if settled == read_settled(state_dir):
        return
    try:
        write_durably(state_dir / SETTLED_NAME, json.dumps(asdict(settled)).encode())
    except OSError as error:
        log.warning("what is settled was not saved", reason=str(error))


def settled_repositories(
    definitions: Sequence[SourceDefinition], reports: Sequence[RepositoryReport]
) -> dict[str, SettledRepository]:
    """Those of a night: only a commit tells that nothing changed."""
    by_name = {definition.name: definition for definition in definitions}
    return {
        report.name: SettledRepository(
            digest_of(by_name[report.name]),
            report.commit,
            report.found,
            report.chunked,
            report.skipped,
            report.chunks,
            report.missing_objects,
        )
        for report in reports
        if report.commit
        and report.outcome in {Outcome.INDEXED, Outcome.UNCHANGED}
        and len(report.missing_objects) <= MAX_MISSING_OBJECTS
        and may_settle(by_name[report.name])
    }


def may_settle(definition: SourceDefinition) -> bool:
    """Whether a commit on this machine says all about a source."""
    return definition.kind is SourceKind.REPOSITORY and not definition.worktree


def digest_of(definition: SourceDefinition) -> str:
    """Changes with everything that repos.toml says of a source."""
    return hashlib.sha256(repr(definition).encode("utf-8", "backslashreplace")).hexdigest()
