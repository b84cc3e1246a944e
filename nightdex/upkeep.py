"""`nightdex check` and `nightdex rollback`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from index_store.check import check
from index_store.errors import IndexDamaged
from index_store.generations import current_generation, rollback


def check_command(state_dir: Path, *, as_json: bool) -> int:
    """Check the generation that serves; the exit status says whether it is whole.

    Raises:
        NoIndex: there is none.
    """
    generation = current_generation(state_dir)
    problems = check(state_dir, generation)
    if as_json:
        _write(json.dumps({"generation": generation, "whole": not problems, "problems": problems}))
    else:
        for problem in problems:
            _write(problem)
        verdict = "is damaged: `nightdex rollback` goes back to the one before" if problems else "is whole"
        _write(f"generation {generation} {verdict}")
    return IndexDamaged.exit_status if problems else 0


def rollback_command(state_dir: Path, generation: int | None, *, as_json: bool) -> int:
    """Let an older generation serve.

    Raises:
        NoIndex, GenerationMissing, IndexDamaged: nothing was changed.
    """
    serving = rollback(state_dir, generation)
    _write(json.dumps({"generation": serving}) if as_json else f"generation {serving} serves now")
    return 0


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
