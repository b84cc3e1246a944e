"""kill -9 at every named step: the old index serves, the next night finishes, nothing is left lying about."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from index_store.check import check
from index_store.generations import current_generation
from index_store.writer import STEPS
from tests.nights import World

NIGHT = """
import os, signal, sys
from pathlib import Path
from tests.nights import World
world = World(Path(sys.argv[1]), names=["shop", "tools"])
def strike(step):
    if step == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
world.night(failpoint=strike)
"""
NIGHT_STEPS = ("begin", "repositories", "repository:shop", "repository:tools", "publish", "prune")


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.commit("shop", {"a.py": "def a():\n    return 1\n", "b.py": "def b():\n    return 1\n"})
    world.commit("tools", {"c.py": "def c():\n    return 1\n"})
    return world


def kill_night_at(world: World, step: str) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", NIGHT, str(world.root), step], cwd=root, check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, f"the night never reached {step}: {done.stderr.decode()}"


@pytest.mark.parametrize("step", [*NIGHT_STEPS, *STEPS])
def test_a_kill_at_any_step_loses_nothing_and_leaves_nothing(world: World, step: str) -> None:
    old = world.night().generation
    before = world.symbols()
    world.commit("shop", {"a.py": "def a_changed():\n    return 2\n", "b.py": None})

    kill_night_at(world, step)
    served = current_generation(world.state)
    if served == old:
        assert world.symbols() == before
    else:
        assert step in {"published", "prune"}
    assert check(world.state, served) == []

    report = world.night()
    assert {s[2] for s in world.symbols() if s[2]} == {"a_changed", "c"}
    assert check(world.state, report.generation) == []
    generations = sorted(path.name for path in (world.state / "generations").iterdir())
    assert all(name.isdigit() for name in generations), generations
    assert {p.name for p in world.state.iterdir()} <= {
        "CURRENT",
        "generations",
        "nights",
        "run.lock",
        "mirrors",
        "settled.json",
        "last_read.json",
    }


def test_a_kill_during_the_first_night_leaves_a_machine_that_can_start_over(world: World) -> None:
    kill_night_at(world, "manifest")
    assert world.night().published
    assert {s[2] for s in world.symbols() if s[2]} == {"a", "b", "c"}
