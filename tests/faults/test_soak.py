"""The scenarios of `make soak`, in short: nothing lost, nothing wrong, nothing left lying about."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.answers import answers
from tests.disks import small_disk
from tests.soak.kills import nights_killed_at_random_moments
from tests.soak.load import nights_under_load
from tests.soak.mishaps import MISHAPS, Mishap, a_damaged_file, survive
from tests.soak.scenarios import DISK_MEGABYTES
from tests.soak.witness import Witness


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witness]:
    root = tmp_path_factory.mktemp("witness")
    (root / "state").mkdir()
    with small_disk(root / "state", DISK_MEGABYTES):
        witness = Witness(root, random.Random(7))
        witness.learn()
        yield witness


@pytest.mark.parametrize("mishap", MISHAPS, ids=lambda mishap: mishap.__name__)
def test_a_night_survives(witness: Witness, mishap: Mishap) -> None:
    what = survive(witness, mishap)
    assert witness.tally.reasons == [], what


def test_nights_killed_at_random_moments_lose_nothing_and_leave_nothing(tmp_path: Path) -> None:
    tally = nights_killed_at_random_moments(tmp_path, random.Random(7), 4)
    assert (tally.tries, tally.reasons) == (4, [])


def test_nights_under_load_answer_rightly_all_the_while(tmp_path: Path) -> None:
    tally = nights_under_load(tmp_path, random.Random(7), 3)
    assert (tally.tries, tally.reasons) == (3, [])


def test_the_witness_sees_what_is_lost_wrong_and_left_lying_about(tmp_path: Path) -> None:
    """What holds the nights to their word can fail."""
    witness = Witness(tmp_path, random.Random(7))
    witness.learn(2)
    assert witness.tally.reasons == []
    told = answers(witness.state)
    assert witness.falsehoods(told, witness.world.stored()) == []
    assert witness.falsehoods(replace(told, generation=1)) != []
    (witness.state / "CURRENT").write_text("1\n")
    witness.judge("an older generation serves")
    assert (witness.tally.lost, witness.tally.wrong) == (1, 0)
    with a_damaged_file(witness):
        witness.judge("a file is damaged")
    assert witness.tally.wrong > 0
    (witness.state / "nights" / "left.tmp").touch()
    assert witness.debris() == {"nights/left.tmp"}
