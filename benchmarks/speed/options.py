"""What every part of the speed benchmark is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SpeedOptions:
    """`state` holds an index of real repositories, `work` what is built from it, `sizes` are in chunks."""

    state: Path
    work: Path
    sizes: tuple[int, ...]
