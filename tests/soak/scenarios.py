"""The scenarios, each with how often it is tried: in `make test`, and in `make soak`."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.disks import small_disk
from tests.soak.kills import nights_killed_at_random_moments
from tests.soak.load import nights_under_load
from tests.soak.mishaps import DATABASE_WAYS, MISHAPS, Mishap, survive
from tests.soak.witness import Tally, Witness

DISK_MEGABYTES = 256
MISHAPS_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Scenario:
    """Something to live through in a fresh folder, with a seeded chance, so many times.

    Attributes:
        short, long: tries in `make test` and in `make soak`.
        seconds: how long the long version goes on at least; 0 where its tries say enough.
    """

    name: str
    run: Callable[[Path, random.Random, int, float], Tally]
    short: int
    long: int
    seconds: float = 0.0


def _kills(root: Path, chance: random.Random, tries: int, _: float) -> Tally:
    return nights_killed_at_random_moments(root, chance, tries)


def _load(root: Path, chance: random.Random, tries: int, _: float) -> Tally:
    return nights_under_load(root, chance, tries)


def _mishap(mishap: Mishap, root: Path, chance: random.Random, tries: int, seconds: float) -> Tally:
    """On a disk of its own where the machine allows it, so that the disk can be full."""
    (root / "state").mkdir(parents=True)
    began = time.monotonic()
    with small_disk(root / "state", DISK_MEGABYTES):
        witness = Witness(root, chance)
        witness.learn()
        while witness.tally.tries < tries or time.monotonic() - began < seconds:
            survive(witness, mishap)
    return witness.tally


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("kill -9 at a random moment of a night", _kills, 5, 200),
    Scenario("nights under load", _load, 3, 50),
    *(
        Scenario(
            mishap.__name__.replace("_", " "), partial(_mishap, mishap), 1, len(DATABASE_WAYS),
            MISHAPS_MINUTES * 60 / len(MISHAPS),
        )
        for mishap in MISHAPS
    ),
)  # fmt: skip
