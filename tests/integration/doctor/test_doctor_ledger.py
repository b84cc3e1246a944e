from __future__ import annotations

from model_chain.ledger import Ledger, Operation
from tests.machines import Machine


def test_the_ledger_of_the_last_day_is_counted(machine: Machine) -> None:
    machine.configure(f'{machine.extra}[chain]\nledger = "ledger.sqlite"\n')
    assert machine.finding("ledger")["found"] == "no model has been called yet"
    assert not (machine.root / "ledger.sqlite").exists()
    Ledger(machine.root / "ledger.sqlite").record(
        Operation("local", "qwen2.5:14b", "free", "run", None, "test", "asked")
    )
    assert machine.finding("ledger")["found"] == "1 operation in the last 24 hours"


def test_a_ledger_that_cannot_be_read_is_an_error_that_says_how_to_go_on(machine: Machine) -> None:
    damaged = machine.root / "ledger.sqlite"
    damaged.write_bytes(b"this is no database" * 100)
    machine.configure(f'{machine.extra}[chain]\nledger = "ledger.sqlite"\n')
    finding = machine.finding("ledger")
    assert finding["severity"] == "error"
    assert f"mv {damaged} {damaged}.damaged" in str(finding["remedy"])
