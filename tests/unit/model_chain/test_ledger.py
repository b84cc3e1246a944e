from __future__ import annotations

import json
import multiprocessing
import os
import sqlite3
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from benchmarks import typical_day
from model_chain.ledger import BudgetExceeded, Ledger, LedgerUnavailable, Operation
from model_chain.prices import CODEX, HAIKU, OPUS_CURRENT, OPUS_OLDER, price_of
from model_chain.session_files import claude_sessions, codex_sessions
from model_chain.tiers import DEFAULT_TIERS, Tier
from model_chain.typical_day import print_day, summarise_day
from model_chain.usage import Tokens, claude_model_usage, codex_usage

WIRE = Path(__file__).parents[2] / "golden" / "wire"
RESULTS = sorted(path.name for path in WIRE.glob("claude-result-*.json"))


def operation(cost_tokens: int = 1_000, **more: Any) -> Operation:
    given = {"tier": "haiku", "model": "claude-haiku-4-5", "billing": "metered", "kind": "scan"} | more
    return Operation(tokens=Tokens(input=cost_tokens), caller="test", reason="r", **given)


@pytest.mark.parametrize("name", RESULTS)
def test_replayed_results_cost_what_the_provider_recorded(name: str, tmp_path: Path) -> None:
    result = json.loads((WIRE / name).read_text())
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    for model, entry in result["modelUsage"].items():
        tier = "opus" if "opus" in model else "haiku"
        ledger.record(Operation(tier, model, "metered", "wire", claude_model_usage(entry), "test", name))
    costs = [recorded.cost for recorded in ledger.operations()]
    assert float(sum(cost for cost in costs if cost is not None)) == pytest.approx(
        result["total_cost_usd"], abs=1e-9
    )


def test_a_replayed_stream_costs_what_the_provider_recorded_for_each_model() -> None:
    lines = (WIRE / "claude-stream-json-529-retry.jsonl").read_text().splitlines()
    result = json.loads(lines[-1])
    for model, entry in result["modelUsage"].items():
        operation = Operation("haiku", model, "metered", "wire", claude_model_usage(entry), "test", "stream")
        assert operation.cost == Decimal(str(entry["costUSD"]))


def test_a_typical_day_is_printed_by_its_own_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert typical_day.main(["--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    operations = {row["tier"]: row["operations"] for row in table["tiers"]}
    assert operations == {"local": 215, "haiku": 30, "codex": 5, "opus": 20}
    assert table["cost_usd"] == pytest.approx(0.5, abs=0.01)
    current, older = (row["cost_usd"] for row in table["all_opus"])
    assert older == pytest.approx(3 * current)
    assert table["api_equivalent_usd"] < current


def test_codex_input_includes_the_cache_and_zeros_mean_unknown() -> None:
    lines = [json.loads(line) for line in (WIRE / "codex-exec.jsonl").read_text().splitlines()]
    assert codex_usage(lines[-1]["usage"]) == Tokens(input=800, output=100, cache_read=1600)
    review = [json.loads(line) for line in (WIRE / "codex-exec-review.jsonl").read_text().splitlines()]
    assert codex_usage(review[-1]["usage"]) is None


def test_an_unknown_cost_stays_unknown(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    ledger.record(Operation("codex", "gpt-5.3-codex", "flat", "review", None, "test", "zeros"))
    ledger.record(Operation("other", "some-new-model", "metered", "x", Tokens(5, 5), "test", "no price"))
    assert [recorded.cost for recorded in ledger.operations()] == [None, None]
    assert summarise_day(ledger.operations()).tiers[2].unknown == 1


def test_an_entry_keeps_the_price_row_it_was_written_with(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    ledger.record(operation(model="claude-opus-4-6", price=OPUS_OLDER))
    (recorded,) = ledger.operations()
    assert recorded.price == OPUS_OLDER
    assert recorded.cost == Decimal("0.015")


def test_dated_ids_and_a_users_own_prices_are_found() -> None:
    assert price_of("claude-haiku-4-5-20251001") == HAIKU
    assert price_of("claude-haiku-5-5") is None
    assert price_of("gpt-5.3-codex") is CODEX
    assert not CODEX.verified
    assert price_of("claude-opus-4-6", [OPUS_OLDER]) == OPUS_CURRENT


def test_the_default_chain_is_the_one_the_project_describes() -> None:
    chain = [(tier.name, tier.model, tier.billing) for tier in DEFAULT_TIERS]
    assert chain[1:] == [
        ("haiku", "claude-haiku-4-5", "metered"),
        ("codex", "gpt-5.3-codex", "flat"),
        ("opus", "claude-opus-4-6", "flat"),
    ]


def test_a_typical_day_adds_up() -> None:
    day = [operation(500, tier="local", model="nomic-embed-text", billing="free", kind="embedding")] * 200
    day += [operation(2_000, tier="local", model="qwen2.5:14b", billing="free", kind="summary")] * 15
    scan = Tokens(input=9_000, output=1_500)
    day += [Operation("haiku", "claude-haiku-4-5", "metered", "scan", scan, "t", "r")] * 30
    code = Tokens(input=20_000, output=4_000, cache_read=60_000)
    day += [Operation("codex", "gpt-5.3-codex", "flat", "code", code, "t", "r")] * 5
    think = Tokens(input=10_000, output=3_000, cache_read=50_000)
    day += [Operation("opus", "claude-opus-4-6", "flat", "think", think, "t", "r")] * 20
    summary = summarise_day(day)
    local, haiku, codex, opus = summary.tiers
    assert haiku.marginal == Decimal("0.495")
    assert (local.operations, local.marginal, codex.marginal, opus.marginal) == (215, 0, 0, 0)  # type: ignore[comparison-overlap]  # Decimal equals int
    assert opus.api_equivalent == Decimal("3.0")
    assert codex.api_equivalent == Decimal("0.5075")
    (_, current), (_, older) = summary.all_opus
    assert current == Decimal("6.775")
    assert older == 3 * current
    table = print_day(summary)
    assert "haiku            30      $0.50" in table
    assert "$5/$25 per million tokens" in table
    assert "$15/$75 per million tokens" in table
    assert "Estimate:" in table


def test_reservations_of_others_count_until_settled_or_stale(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    tier = Tier("haiku", "claude_cli", "claude-haiku-4-5", "metered", "", Decimal("0.01"))
    now = 1_800_000_000.0
    first = ledger.reserve(tier, Decimal("0.006"), now)
    with pytest.raises(BudgetExceeded, match="daily_cap"):
        ledger.reserve(tier, Decimal("0.006"), now)
    ledger.record(operation(1_000, at=now))  # cost 0.001 of the 0.006 reserved
    ledger.release(first)
    second = ledger.reserve(tier, Decimal("0.009"), now)
    ledger.release(second)
    ledger.reserve(tier, Decimal("0.009"), now)
    ledger.reserve(tier, Decimal("0.009"), now + 4_000)  # whoever reserved was killed an hour ago


def _spend(path: str, count: int) -> None:
    for _ in range(count):
        Ledger(Path(path)).record(operation())


def _reserve(path: str, won: Any) -> None:
    tier = Tier("haiku", "claude_cli", "m", "metered", "", Decimal(1))
    for _ in range(10):
        try:
            Ledger(Path(path)).reserve(tier, Decimal("0.1"))
        except BudgetExceeded:
            continue
        with won.get_lock():
            won.value += 1


def test_processes_writing_at_once_lose_nothing_and_never_overspend(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    won = spawn.Value("i", 0)
    path = str(tmp_path / "ledger")
    workers = [spawn.Process(target=_spend, args=(path, 20)) for _ in range(2)]
    workers += [spawn.Process(target=_reserve, args=(str(tmp_path / "budget"), won)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(Ledger(Path(path)).operations()) == 40
    assert won.value == 10


def test_a_locked_ledger_spills_the_entry_and_takes_it_in_later(tmp_path: Path) -> None:
    path = tmp_path / "l"
    ledger = Ledger(path, busy_seconds=0.05)
    ledger.record(operation())
    lock = sqlite3.connect(path, isolation_level=None)
    lock.execute("begin exclusive")
    assert ledger.record(operation()) is False
    lock.execute("rollback")
    lock.close()
    assert len(ledger.operations()) == 2
    assert ledger.absorb() == 0


def test_an_entry_whose_spilling_was_cut_short_takes_no_other_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full for half of a line; whoever wrote it is told, whoever writes next loses nothing."""
    path = tmp_path / "ledger.sqlite3"
    path.mkdir()
    ledger, write = Ledger(path), os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda handle, line: write(handle, line[: len(line) // 2]))
        with pytest.raises(OSError, match="No space left"):
            ledger.record(operation())
    kept = operation()
    assert ledger.record(kept) is False
    path.rmdir()
    assert [entry.key for entry in ledger.operations()] == [kept.key]
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_damaged_ledger_loses_no_result_and_grants_no_budget(tmp_path: Path) -> None:
    path = tmp_path / "l"
    path.write_bytes(b"garbage " * 2_000)
    ledger = Ledger(path)
    assert ledger.record(operation()) is False
    with pytest.raises(LedgerUnavailable, match="move it aside"):
        ledger.reserve(DEFAULT_TIERS[1], Decimal("0.1"))
    with pytest.raises(LedgerUnavailable):
        ledger.operations()
    path.unlink()
    assert len(ledger.operations()) == 1


def _claude_line(reply: str, output: int, session: str = "s1") -> dict[str, object]:
    stream = (WIRE / "claude-stream-json-529-retry.jsonl").read_text().splitlines()
    line: dict[str, Any] = json.loads(stream[1])
    line["message"] |= {"id": reply}
    line["message"]["usage"]["output_tokens"] = output
    return {**line, "sessionId": session}


def test_a_claude_reply_repeated_in_its_session_files_is_counted_once(tmp_path: Path) -> None:
    first = [_claude_line("m1", 1), _claude_line("m1", 7), {"type": "user"}, _claude_line("m2", 7)]
    resumed = [_claude_line("m1", 7), _claude_line("m3", 7)]
    for name, lines in (("a.jsonl", first), ("b.jsonl", resumed)):
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"cut off')
    imported = claude_sessions(tmp_path)
    assert [entry.key for entry in imported] == ["claude:m1", "claude:m2", "claude:m3"]
    assert {entry.cost for entry in imported} == {Decimal("0.0002475")}
    ledger = Ledger(tmp_path / "l")
    assert ledger.add_new(imported) == 3
    assert ledger.add_new(claude_sessions(tmp_path)) == 0


def test_a_session_the_chain_started_itself_is_not_imported_again(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(_claude_line("m1", 7, session="ours")))
    ledger = Ledger(tmp_path / "l")
    ledger.record(operation(session="ours"))
    assert ledger.add_new(claude_sessions(tmp_path)) == 0


def test_codex_running_totals_are_counted_as_differences(tmp_path: Path) -> None:
    def event(total: int, cached: int, output: int) -> dict[str, object]:
        usage = {"input_tokens": total, "cached_input_tokens": cached, "output_tokens": output}
        payload = {"type": "token_count", "info": {"total_token_usage": usage}}
        return {"timestamp": "2026-11-23T01:00:00Z", "type": "event_msg", "payload": payload}

    lines = [
        {"type": "session_meta", "payload": {"id": "t1"}},
        {"type": "turn_context", "payload": {"model": "gpt-5.3-codex"}},
        event(100, 0, 10),
        event(100, 0, 10),
        event(300, 50, 30),
        {"timestamp": "x", "type": "event_msg", "payload": {"type": "token_count", "info": None}},
    ]
    folder = tmp_path / "2026" / "11" / "23"
    folder.mkdir(parents=True)
    (folder / "rollout-x.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    imported = codex_sessions(tmp_path)
    assert [entry.tokens for entry in imported] == [Tokens(100, 10), Tokens(150, 20, 50)]
    assert {entry.session for entry in imported} == {"t1"}


def test_recording_is_quick(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    started = time.perf_counter()
    for _ in range(20):
        ledger.record(operation())
    assert (time.perf_counter() - started) / 20 < 0.25
