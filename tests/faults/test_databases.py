"""SQLite files that are locked, damaged or no files: what is acknowledged stays, and no night is lost."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest

from indexer.describer import CACHE_NAME
from model_chain import summary_cache
from model_chain.ledger import Ledger, LedgerUnavailable, Operation
from search_api import keys as keys_module
from search_api.errors import KeysUnreadable
from search_api.keys import Keys
from tests.damage import DATABASE_FAULTS, broken_database
from tests.soak.witness import Witness

RECORDED = 12
CHANCES = range(3)


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Witness:
    witness = Witness(tmp_path_factory.mktemp("databases"), random.Random(3))
    witness.learn()
    return witness


@pytest.mark.parametrize("fault", DATABASE_FAULTS)
def test_a_broken_cache_of_descriptions_costs_no_night(
    witness: Witness, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(summary_cache, "CACHE_BUSY_SECONDS", 0.05)
    witness.change()
    with broken_database(witness.state / CACHE_NAME, fault, witness.chance):
        assert witness.night().published
        witness.judge(fault)
    witness.judge_after_clean_night(fault)
    assert witness.tally.reasons == []


def operation() -> Operation:
    return Operation("local", "none", "free", "test", None, "test", "r")


@pytest.mark.parametrize("chance", CHANCES)
@pytest.mark.parametrize("fault", DATABASE_FAULTS)
def test_a_broken_ledger_keeps_what_is_recorded_meanwhile_and_reads_wholly_or_not_at_all(
    tmp_path: Path, fault: str, chance: int
) -> None:
    path = tmp_path / "ledger.sqlite3"
    ledger = Ledger(path, busy_seconds=0.05)
    before = [operation() for _ in range(RECORDED)]
    for one in before:
        assert ledger.record(one)
    meanwhile = operation()
    with broken_database(path, fault, random.Random(chance)):
        stored = ledger.record(meanwhile)
        with contextlib.suppress(LedgerUnavailable):
            read = {one.key for one in ledger.operations()}
            # SQLite has no checksums: a flipped bit of a row goes unnoticed, and is the only thing that does.
            assert read <= {one.key for one in [*before, meanwhile]} or fault == "flipped"
            assert len(read) <= RECORDED + 1
    if not stored:
        # What the message asks for: it is moved aside, and a new one takes in what was spilled.
        if fault not in {"locked", "a directory"}:
            path.rename(path.with_name("aside"))
        assert meanwhile.key in {one.key for one in ledger.operations()}


@pytest.mark.parametrize("fault", [fault for fault in DATABASE_FAULTS if fault != "flipped"])
def test_broken_keys_let_nobody_in_who_was_not_let_in_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(keys_module, "KEYS_BUSY_S", 0.05)
    path = tmp_path / "keys.sqlite"
    keys = Keys(path)
    key, token = keys.create(repos=["shop"], lifetime=None)
    _, revoked = keys.create(repos=None, lifetime=None)
    keys.revoke(revoked.split("_")[1])
    for chance in CHANCES if fault == "cut" else [0]:
        whole = path.read_bytes()
        with broken_database(path, fault, random.Random(chance)):
            for given in (token, revoked):
                with contextlib.suppress(KeysUnreadable):
                    found = keys.find(given)
                    assert found is None or found == key or found.revoked_at is not None
        path.write_bytes(whole)
    assert keys.find(token) == key
