"""A night in a process of its own, to be killed: `python -m tests.soak.doomed ROOT`, then a line to begin.

What it was told is there, it notes down at once, so that whoever killed it can ask for it: the generations
that serve, the operations in the ledger.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

GENERATIONS, OPERATIONS, LEDGER = "acknowledged.generations", "acknowledged.operations", "ledger.sqlite3"


def main(root: Path) -> None:
    """Wait for the word, then run one night over everything below `root`/code."""
    from index_store.generations import current_generation
    from model_chain.ledger import Ledger, Operation
    from tests.nights import World
    from tests.soak.witness import REPOSITORIES
    from tests.unit.indexer.versioned import Versioned

    world, ledger = World(root, names=list(REPOSITORIES)), Ledger(root / LEDGER)
    published = False

    def note(step: str) -> None:
        nonlocal published
        published = published or step == "published"
        if published:
            _append(root / GENERATIONS, str(current_generation(world.state)))
        operation = Operation("local", "none", "free", step, None, "soak", "a night goes on")
        ledger.record(operation)
        _append(root / OPERATIONS, operation.key)

    print("ready", flush=True)  # noqa: T201 - the word to whoever started this
    sys.stdin.readline()
    world.night(describer=Versioned(), failpoint=note)


def _append(path: Path, line: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
