"""What one night leaves to the next: what waits for a description since when, and how fast the models are.

The index itself says what is undescribed; the file keeps only what it cannot say. Losing it loses no work.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from index_store.durable import write_durably
from index_store.log import Log

log = Log(__name__)

CARRY_OVER_NAME = "carry_over.json"


@dataclass(frozen=True, slots=True)
class CarryOver:
    """What one night leaves to the next.

    Attributes:
        waiting: content hash -> the night (seconds since the epoch) that first found it undescribed.
        seconds_per_description, seconds_per_vector: as last measured, over all hosts; 0 if never.
    """

    waiting: Mapping[str, float] = field(default_factory=dict)
    seconds_per_description: float = 0.0
    seconds_per_vector: float = 0.0


def read_carry_over(state_dir: Path) -> CarryOver:
    """What the last night left; an empty one where there is none, or none that can be read."""
    try:
        left = CarryOver(**json.loads((state_dir / CARRY_OVER_NAME).read_bytes()))
        if not isinstance(left.waiting, dict):
            raise TypeError("what waits is not a table")
    except FileNotFoundError:
        return CarryOver()
    except (OSError, ValueError, TypeError) as error:
        log.warning("the carry-over cannot be read: everything that waits counts as new", reason=str(error))
        return CarryOver()
    return left


def save_carry_over(state_dir: Path, left: CarryOver) -> None:
    """Keep it durably. Raises OSError."""
    write_durably(state_dir / CARRY_OVER_NAME, json.dumps(asdict(left)).encode())
