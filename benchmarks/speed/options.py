"""What every part of the speed benchmark is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SpeedOptions:
    """What to measure on.

    Attributes:
        work: what is built here may be used again.
        state: an index of real repositories, for the parts that ask.
        repos: a folder of git repositories, for the parts that index.
        semble_python: an interpreter with benchmarks/peers.txt installed.
        sizes: of the indexes that are asked, in chunks.
    """

    work: Path
    state: Path | None = None
    repos: Path | None = None
    semble_python: Path | None = None
    sizes: tuple[int, ...] = ()
