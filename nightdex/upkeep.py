"""`nightdex check` and `nightdex rollback`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from index_store.check import check
from index_store.errors import IndexDamaged
from index_store.generations import current_generation, rollback
from index_store.last_read import read_anew
from index_store.shared_writer import shared_writer
from nightdex.shared import shared_index

if TYPE_CHECKING:
    from nightdex.configuration import Configuration


def check_command(configuration: Configuration, wanted: int | None, *, as_json: bool) -> int:
    """Check a generation, by default the one that serves; the exit status says whether it is whole.

    On an object store, every byte there is read, and then the copy on this machine.

    Raises:
        NoIndex, GenerationMissing: there is none.
        StoreError: the object store cannot be read.
    """
    shared = shared_index(configuration)
    if shared is None:
        generation = current_generation(configuration.state_dir) if wanted is None else wanted
        problems = check(configuration.state_dir, generation)
    else:
        generation = shared.read_current().generation if wanted is None else wanted
        problems = shared.problems(generation)
        if not problems and wanted is None:
            problems = check(configuration.state_dir, shared.fetch())
    if problems:
        read_anew(configuration.state_dir)
    if as_json:
        _write(json.dumps({"generation": generation, "whole": not problems, "problems": problems}))
    else:
        for problem in problems:
            _write(problem)
        verdict = "is damaged: `nightdex rollback` goes back to the one before" if problems else "is whole"
        _write(f"generation {generation} {verdict}")
    return IndexDamaged.exit_status if problems else 0


def rollback_command(configuration: Configuration, generation: int | None, *, as_json: bool) -> int:
    """Let an older generation serve; on an object store, for every machine.

    Raises:
        NoIndex, GenerationMissing, IndexDamaged, AlreadyIndexing, StoreError: nothing was changed.
    """
    shared = shared_index(configuration)
    if shared is None:
        serving = rollback(configuration.state_dir, generation)
    else:
        with shared_writer(shared) as writer:
            serving = writer.rollback(generation)
    _write(json.dumps({"generation": serving}) if as_json else f"generation {serving} serves now")
    return 0


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
