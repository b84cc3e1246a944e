"""What one night is asked to do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from index_store.shared import SharedIndex
    from indexer.embed import RowEmbedder
    from indexer.engine import Engine
    from indexer.golden import Inspect
    from indexer.sources.definition import SourceDefinition


def no_failpoint(step: str) -> None:
    """Let every step pass; fault tests put a kill in its place."""


@dataclass(frozen=True, slots=True)
class DescriptionLimits:
    """When a night stops describing: at a moment (seconds since the epoch), or after so many questions."""

    deadline: float | None = None
    max_per_night: int | None = None

    def reached(self, asked: int, turn: float = 0.0) -> str:
        """Why nothing more may be asked, "" while something may.

        `turn` is in how many seconds the model would begin with another question: what it has not begun with
        at the deadline would keep the night for more than the one call that is under way then.
        """
        if self.deadline is not None and time.time() + turn >= self.deadline:
            return f"the deadline, {time.strftime('%H:%M', time.localtime(self.deadline))}"
        if self.max_per_night is not None and asked >= self.max_per_night:
            return f"max_per_night = {self.max_per_night}"
        return ""


@dataclass(frozen=True, slots=True)
class NightOptions:
    """What one night works on.

    Attributes:
        state_dir: where generations, mirrors and reports live.
        sources: everything repos.toml names; a repository it no longer names is removed.
        only: names to bring up to date now; empty means all. The others stay as they are; where there is
            nothing of them to keep, because the index is built anew or the rules changed, everything is
            brought up to date.
        accept_vanished: publish even when many repositories are gone at once.
        workers: parser processes.
        descriptions: when to stop asking a language model for them.
        inspect: asks the golden queries; None where there are none.
        accept_golden: publish also what lost the answer to a golden query.
        shared: where on an object store the index is; None for one in `state_dir` alone.
        engine: opens what turns files into rows, for the length of a block; None for this machine alone.
        failpoint: called with the name of each step before it begins.
    """

    state_dir: Path
    sources: tuple[SourceDefinition, ...]
    only: frozenset[str] = frozenset()
    accept_vanished: bool = False
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    descriptions: DescriptionLimits = field(default_factory=DescriptionLimits)
    inspect: Inspect | None = None
    accept_golden: bool = False
    shared: SharedIndex | None = None
    engine: Callable[[RowEmbedder], AbstractContextManager[Engine]] | None = None
    failpoint: Callable[[str], None] = no_failpoint
