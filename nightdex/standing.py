"""Whether search can be trusted now: what is known of the index and its nights, and the verdict."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from index_store.generations import current_generation, generation_dir, waiting_generation
from index_store.held_back import HeldBack
from index_store.manifest import file_problems, read_manifest
from index_store.schema import Manifest
from indexer.carry_over import read_carry_over
from indexer.golden import Verdict as GoldenVerdict
from indexer.night_report import last_golden, last_report, last_whole_night
from nightdex.doctor.limits import LEAST_FREE_BYTES, OLDEST_NIGHT_HOURS
from nightdex.doctor.sizes import gigabytes
from nightdex.owners import Owner, owners_of, running_night

if TYPE_CHECKING:
    from nightdex.configuration import Configuration

# Names in one reason; the table and `--json` have all.
NAMED = 3


class Trust(StrEnum):
    """The verdict. Its exit status is that of a night that went so."""

    WHOLE = "whole"
    IN_PART = "in part"
    NONE = "none"

    @property
    def exit_status(self) -> int:
        """0, 3 or 1, as of a night that was well, left something undone, or failed."""
        return {Trust.WHOLE: 0, Trust.IN_PART: 3, Trust.NONE: 1}[self]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known now.

    Attributes:
        problems: of the files of the generation that serves; their sizes are looked at, not their bytes.
        night: the report of the last night, {} where there is none.
        last_success: when the last night began that went to its end, None for never.
        waiting: pieces of code that wait for a description.
        held: a generation that may not serve yet.
        golden: what became of the golden queries when they were last asked.
        running: the process of a night that is going on.
    """

    manifest: Manifest
    now: datetime
    problems: Sequence[str] = ()
    night: Mapping[str, Any] = field(default_factory=dict)
    last_success: datetime | None = None
    waiting: int = 0
    held: HeldBack | None = None
    free: int = 0
    golden: Sequence[Mapping[str, Any]] = ()
    owners: Sequence[Owner] = ()
    running: int | None = None

    @property
    def size(self) -> int:
        """Bytes of the generation that serves."""
        return sum(size for size, _ in self.manifest.files.values())

    @property
    def verdict(self) -> tuple[Trust, list[str]]:
        """How far search can be trusted, and why no further."""
        if grave := list(self._grave()):
            return Trust.NONE, grave + list(self._slight())
        slight = list(self._slight())
        return (Trust.IN_PART if slight else Trust.WHOLE), slight

    def _grave(self) -> Iterator[str]:
        if self.problems:
            yield f"generation {self.manifest.generation} is damaged: {self.problems[0]}"
        since = self.last_success or datetime.fromisoformat(self.manifest.built_at)
        if self.now - since > timedelta(hours=OLDEST_NIGHT_HOURS):
            yield f"no night has come to its end for {age(since, self.now)}"

    def _slight(self) -> Iterator[str]:
        if self.night.get("outcome") == "failed":
            yield f"the last night failed: {self.night.get('reason')}"
        elif self.held is not None:
            yield f"generation {self.held.generation} is held back: {'; '.join(self.held.reasons)}"
        if stale := [state.name for state in self.manifest.repositories if state.stale]:
            names = ", ".join(stale[:NAMED]) + (", …" if len(stale) > NAMED else "")
            yield f"{len(stale)} of {len(self.manifest.repositories)} repositories are stale ({names})"
        if self.manifest.missing_vectors:
            yield f"{self.manifest.missing_vectors} vectors are missing; the next night computes them"
        # What was lost is told by what is held back: the index that serves still finds it.
        if lost := [one["query"] for one in self.golden if one["verdict"] == GoldenVerdict.MISSING]:
            yield f"{len(lost)} of {len(self.golden)} golden queries do not find their answer ('{lost[0]}')"
        if self.free < LEAST_FREE_BYTES:
            yield f"only {gigabytes(self.free)} are free below state_dir: the next night will fail"

    @property
    def found(self) -> Mapping[str, int]:
        """How many files each repository had last night, indexed and left out together."""
        return {
            one["name"]: one["found"]
            for one in self.night.get("repositories", ())
            if one["outcome"] in {"indexed", "unchanged"}
        }


def standing_of(configuration: Configuration, now: datetime) -> Standing:
    """Look at everything; nothing is changed, and no model is asked.

    Raises:
        NoIndex, IndexDamaged, FormatTooNew, FormatTooOld: there is nothing to tell of.
    """
    state_dir = configuration.state_dir
    number = current_generation(state_dir)
    folder = generation_dir(state_dir, number)
    manifest = read_manifest(folder)
    return Standing(
        manifest,
        now,
        file_problems(folder, manifest, contents=False),
        last_report(state_dir) or {},
        last_whole_night(state_dir, now),
        len(read_carry_over(state_dir).waiting),
        waiting_generation(state_dir),
        shutil.disk_usage(state_dir).free,
        last_golden(state_dir) if configuration.settings.golden else (),
        owners_of(configuration),
        running_night(state_dir),
    )


def age(since: datetime, now: datetime) -> str:
    """How long ago something was, in its largest unit: "3 h"."""
    return span(max(0.0, (now - since).total_seconds()))


def span(seconds: float) -> str:
    """Seconds in their largest unit."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
