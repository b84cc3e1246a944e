"""Which part of the cases a text belongs to: tune or test, by a seeded hash of the text alone.

So no case can change sides when others are added, and nobody chooses.
"""

from __future__ import annotations

import hashlib
from typing import Literal

Part = Literal["tune", "test"]
SEED = 6


def part_of(text: str, seed: int = SEED) -> Part:
    """About half of all texts fall on either side."""
    return "tune" if hashlib.sha256(f"{seed}:{text}".encode()).digest()[0] < 128 else "test"
