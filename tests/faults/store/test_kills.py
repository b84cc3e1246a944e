"""Real kills: a child process is killed with SIGKILL as it enters each named step of a night."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from index_store.check import check
from index_store.durable import Failpoint, pass_through
from index_store.filters import Filter
from index_store.generations import (
    current_generation,
    generation_dir,
    generations_dir,
    list_generations,
    prune,
)
from index_store.last_read import LAST_READ_NAME
from index_store.limits import KEPT_GENERATIONS, PRUNE_AFTER_SECONDS
from index_store.reader import Reader
from index_store.testing import EMBEDDER, build_generation, inventory_of, make_row, states_of
from index_store.writer import STEPS, GenerationWriter

OLD = [make_row(path=f"old{number}.py", text=f"def old{number}(): ...") for number in range(3)]
NEW = [*OLD[1:], make_row(path="new.py", text="def new(): ...")]

NIGHT = textwrap.dedent(
    """
    import os, signal, sys
    from pathlib import Path
    from test_kills import night

    def strike(step):
        if step == sys.argv[2]:
            os.kill(os.getpid(), signal.SIGKILL)

    night(Path(sys.argv[1]), strike)
    """
)


def night(state: Path, failpoint: Failpoint) -> None:
    """One night that removes a file and adds one."""
    writer = GenerationWriter.begin(state, embedder=EMBEDDER, chunker="testing@1", failpoint=failpoint)
    writer.delete_files("shop", ["old0.py"])
    writer.add(NEW[2:])
    for repo, files in inventory_of(NEW).items():
        writer.set_inventory(repo, files)
    writer.publish(states_of(NEW))


def paths_served(state: Path) -> set[str]:
    async def read() -> set[str]:
        reader = await Reader.open(state)
        rows = [row async for batch in reader.containing(["def "], Filter()) for row, _ in batch]
        paths = {chunk.path for chunk in await reader.chunks(rows)}
        await reader.close()
        return paths

    return asyncio.run(read())


@pytest.mark.parametrize("step", STEPS)
def test_a_night_killed_at_any_step_leaves_an_index_that_serves_and_the_next_one_finishes(
    tmp_path: Path, step: str
) -> None:
    build_generation(tmp_path, OLD)
    child = subprocess.run(
        [sys.executable, "-c", NIGHT, str(tmp_path), step],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    )
    assert child.returncode == -signal.SIGKILL, child.stderr

    published = step == "published"
    assert paths_served(tmp_path) == {row.path for row in (NEW if published else OLD)}
    assert check(tmp_path, current_generation(tmp_path)) == []

    night(tmp_path, pass_through)
    assert paths_served(tmp_path) == {row.path for row in NEW}
    serving = current_generation(tmp_path)
    assert check(tmp_path, serving) == []

    superseded = time.time() - PRUNE_AFTER_SECONDS - 1
    known = list_generations(tmp_path)
    for generation in known:
        os.utime(generation_dir(tmp_path, generation), (superseded, superseded))
    prune(tmp_path)
    left = sorted(entry.name for entry in generations_dir(tmp_path).iterdir())
    assert left == [str(generation) for generation in known[-KEPT_GENERATIONS:]]
    assert {entry.name for entry in tmp_path.iterdir()} == {"CURRENT", "generations", LAST_READ_NAME}
