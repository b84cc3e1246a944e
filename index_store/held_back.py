"""The mark of a generation that is whole and may not serve yet: which one, and why.

`state_dir/HELD_BACK` names at most one; `generations.waiting_generation` says whether it still waits.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from index_store.durable import write_durably
from index_store.log import Log

log = Log(__name__)

HELD_BACK_NAME = "HELD_BACK"


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A generation, and a sentence for each reason to hold it back."""

    generation: int
    reasons: tuple[str, ...]


def hold_back(state_dir: Path, held: HeldBack) -> None:
    """Mark a generation, durably, in the place of any other."""
    write_durably(state_dir / HELD_BACK_NAME, json.dumps(asdict(held)).encode())


def read_mark(state_dir: Path) -> HeldBack | None:
    """What the mark says; None where there is none, or none that can be read."""
    try:
        body = json.loads((state_dir / HELD_BACK_NAME).read_bytes())
        return HeldBack(int(body["generation"]), tuple(map(str, body["reasons"])))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("the mark of a generation that is held back cannot be read", reason=str(error))
        return None


def remove_mark(state_dir: Path) -> None:
    """Forget it."""
    (state_dir / HELD_BACK_NAME).unlink(missing_ok=True)
