"""kill -9 at random moments of real nights."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from model_chain.ledger import Ledger
from tests.soak.doomed import GENERATIONS, LEDGER, OPERATIONS
from tests.soak.witness import Tally, Witness

ROOT = Path(__file__).parents[2]

# A night that is not disturbed comes after so many that are.
CLEAN_AFTER = 4
STARTED_S = 120.0


def nights_killed_at_random_moments(root: Path, chance: random.Random, tries: int) -> Tally:
    """Kill `tries` nights, each at a moment drawn from the length of a whole one; judge after every kill."""
    witness = Witness(root, chance)
    witness.learn()
    tally, waiting = witness.tally, _doomed(root)
    whole = _length_of_a_night(waiting)
    waiting = _doomed(root)
    try:
        # A night that ends before its blow is no kill; a moment within a whole one seldom comes too late.
        for number in range(2 * tries):
            witness.change()
            doomed, waiting = waiting, _doomed(root)
            moment = chance.uniform(0.0, whole)
            where = f"night {number}, killed after {moment:.3f} s"
            tally.tries += _killed(doomed, moment)
            witness.acknowledged = max([witness.acknowledged, *map(int, _noted(root / GENERATIONS))])
            witness.judge(where)
            if number % CLEAN_AFTER == 0 or tally.tries == tries:
                witness.judge_after_clean_night(where)
            if tally.tries == tries:
                break
    finally:
        waiting.kill()
        waiting.communicate()
    recorded = {operation.key for operation in Ledger(root / LEDGER).operations()}
    lost = [
        f"operation {key} is not in the ledger" for key in _noted(root / OPERATIONS) if key not in recorded
    ]
    tally.add("lost", lost, "the ledger")
    return tally


def _doomed(root: Path) -> subprocess.Popen[str]:
    """A night that has everything loaded by the time it is told to begin."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.soak.doomed", str(root)],
        cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _begin(doomed: subprocess.Popen[str]) -> None:
    assert doomed.stdin is not None
    assert doomed.stdout is not None
    assert doomed.stdout.readline() == "ready\n"
    doomed.stdin.write("go\n")
    doomed.stdin.flush()


def _length_of_a_night(doomed: subprocess.Popen[str]) -> float:
    _begin(doomed)
    began = time.monotonic()
    doomed.communicate()
    assert doomed.returncode == 0
    return time.monotonic() - began


def _killed(doomed: subprocess.Popen[str], moment: float) -> bool:
    """Let it begin, and strike; False if it was done before."""
    _begin(doomed)
    try:
        doomed.wait(moment)
    except subprocess.TimeoutExpired:
        doomed.kill()
    doomed.communicate()
    return doomed.returncode == -signal.SIGKILL


def _noted(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []
