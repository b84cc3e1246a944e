"""What the nights did, read from the reports that the indexer leaves beside the index."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import BaseModel, Field, ValidationError

from search_api.limits import MAX_REPORT_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from search_api.caller import Caller

log = structlog.get_logger(__name__)

REPORTS = "nights"

# Outcomes of a night that published or found nothing to publish.
_GOOD = frozenset({"ok", "partial"})


class RepositoryNight(BaseModel):
    """One repository's night: `found` files are those `chunked` and those `skipped`, by reason."""

    name: str
    outcome: str
    reason: str = ""
    commit: str = ""
    found: int = 0
    chunked: int = 0
    skipped: dict[str, int] = {}
    redacted: dict[str, int] = Field(default={}, description="Secrets replaced in what was read, by rule.")
    reused: int = 0
    added: int = 0
    changed: int = 0
    moved: int = 0
    gone: int = 0
    chunks: int = 0
    embedded: int = 0
    summarised: int = 0
    failures: list[tuple[str, str]] = Field(default=[], description="Path and cause, the first of them.")
    failure_count: int = 0
    seconds: float = 0.0


class Night(BaseModel):
    """One night."""

    started_at: str
    generation: int = Field(description="The generation that served after it.")
    published: bool
    outcome: str = Field(
        description="ok, partial (some repositories failed) or failed (nothing was published)."
    )
    reason: str = ""
    embedder: str = ""
    summariser: str = ""
    seconds: float = 0.0
    peak_memory: int = Field(default=0, description="Bytes.")
    steps: dict[str, float] = Field(default={}, description="Seconds by step.")
    removed: list[str] = Field(default=[], description="Repositories that left the index.")
    repositories: list[RepositoryNight] = []


class NightPage(BaseModel):
    """Nights, newest first."""

    nights: list[Night]
    next_offset: int | None


@dataclass(frozen=True, slots=True)
class Success:
    """The last good night: its end in Unix seconds, its length in seconds."""

    ended_at: float
    seconds: float


class Nights:
    """The reports of one state directory, newest first. A report that cannot be read is left out."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / REPORTS

    def page(self, caller: Caller, limit: int, offset: int) -> tuple[list[Night], bool]:
        """So many nights as a caller may see them, and whether there are more."""
        paths = self._paths()
        nights = [night for path in paths[offset : offset + limit] if (night := _read(path)) is not None]
        return [_seen_by(caller, night) for night in nights], len(paths) > offset + limit

    def last_success(self) -> Success | None:
        """The newest night that did not fail."""
        for night in self._newest_first():
            if night.outcome in _GOOD:
                started_at = datetime.fromisoformat(night.started_at).timestamp()
                return Success(started_at + night.seconds, night.seconds)
        return None

    def _newest_first(self) -> Iterator[Night]:
        return (night for path in self._paths() if (night := _read(path)) is not None)

    def _paths(self) -> list[Path]:
        # Reports are named for their start, so names sort by time.
        return sorted(self._folder.glob("*.json"), reverse=True)


def _read(path: Path) -> Night | None:
    try:
        if path.stat().st_size > MAX_REPORT_BYTES:
            raise ValueError("it is too large")
        document: Any = json.loads(path.read_bytes())
        return Night.model_validate(document)
    except (OSError, ValueError, ValidationError) as error:
        log.warning("night_report_not_read", report=path.name, reason=type(error).__name__)
        return None


def _seen_by(caller: Caller, night: Night) -> Night:
    """The night without what is outside the caller's scope.

    SECURITY: the reason of a failed night is free text and may name any repository.
    """
    if caller.scope is None:
        return night
    visible = [repository for repository in night.repositories if caller.may_see(repository.name)]
    return night.model_copy(
        update={
            "repositories": visible,
            "removed": [name for name in night.removed if caller.may_see(name)],
            "reason": "",
        }
    )
