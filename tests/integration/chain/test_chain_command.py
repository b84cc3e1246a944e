"""`nightdex chain`, as typed, with the real claude binary behind it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nightdex.cli import _run
from tests.servers import fake_anthropic
from tests.servers.fake_anthropic import FakeAnthropic
from tests.servers.real_cli import claude_binary, claude_environment
from tests.servers.tiers import use_environment

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def server() -> Iterator[FakeAnthropic]:
    with FakeAnthropic() as started:
        yield started


@pytest.fixture
def cli(
    tmp_path: Path, server: FakeAnthropic, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Cli:
    use_environment(monkeypatch, claude_environment(tmp_path, server.url))
    monkeypatch.setenv("NIGHTDEX_LEDGER", str(tmp_path / "ledger.sqlite3"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "repos.toml").write_text(
        f"""[chain.tiers.haiku]
command = "{claude_binary()}"
[chain.tiers.opus]
backend = "anthropic_api"
billing = "metered"
daily_cap = 0.0005
[[repo]]
path = "."
"""
    )

    def run(*arguments: str) -> tuple[int, str, str]:
        status = _run(["chain", *arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def entries(tmp_path: Path) -> list[tuple[Any, ...]]:
    database = sqlite3.connect(tmp_path / "ledger.sqlite3")
    try:
        return database.execute("select tier, kind, cost_usd, caller, reason from operations").fetchall()
    finally:
        database.close()


def test_a_task_runs_on_its_tier_and_its_cost_is_shown_and_written_down(
    cli: Cli, server: FakeAnthropic, tmp_path: Path
) -> None:
    server.script.add(fake_anthropic.says("three files"))
    status, out, err = cli("run", "list all python files")
    assert (status, out) == (0, "three files\n")
    assert "haiku: claude-haiku-4-5, $0.0002 ($0.0002 at list price)" in err
    ((tier, kind, cost, caller, reason),) = entries(tmp_path)
    assert (tier, kind, cost, caller) == ("haiku", "run", "0.0002475", "cli")
    assert reason


def test_a_dry_run_explains_and_asks_nobody(cli: Cli, server: FakeAnthropic) -> None:
    status, out, _ = cli("run", "--dry-run", "why is the cache slow?")
    assert status == 0
    assert "tier:    opus (thinking: why, design, compare, decide)" in out
    assert "reason:  opus: " in out
    told = json.loads(cli("run", "--dry-run", "--json", "--tier", "haiku", "x")[1])
    assert (told["tier"], told["reason"], told["decision"]) == ("haiku", "the tier was given", None)
    assert server.requests == []


def test_a_cap_that_is_reached_stops_the_call_before_it_is_made(cli: Cli, server: FakeAnthropic) -> None:
    status, out, err = cli("run", "--json", "--tier", "opus", "think")
    assert (status, out) == (1, "")
    assert json.loads(err)["code"] == "budget_exceeded"
    assert server.requests == []


def test_the_tiers_failure_is_told_with_its_code(cli: Cli, server: FakeAnthropic, tmp_path: Path) -> None:
    server.script.add(fake_anthropic.rate_limited())
    status, _, err = cli("run", "--json", "--tier", "haiku", "list files")
    assert (status, json.loads(err)["code"]) == (1, "rate_limited")
    assert entries(tmp_path) == []


def test_a_command_runs_exactly_and_keeps_its_exit_status(cli: Cli, server: FakeAnthropic) -> None:
    status, out, err = cli("run", "--command", "printf 'a  b\\n'; echo oh >&2; exit 7")
    assert (status, out, err) == (7, "a  b\n", "oh\n")
    assert cli("run", "--command", "kill -9 $$")[0] == 137
    assert server.requests == []


def test_a_long_output_is_condensed_by_the_tier(cli: Cli, server: FakeAnthropic, tmp_path: Path) -> None:
    server.script.add(fake_anthropic.says("lines 1 to 9999, one number each"))
    status, out, err = cli("run", "--command", "seq 9999; exit 3")
    assert (status, out) == (3, "lines 1 to 9999, one number each\n")
    assert "condensed from 48888 bytes" in err
    (request,) = server.messages
    assert "9999" in json.dumps(
        [b for b in request.body["messages"][-1]["content"] if b["type"] == "search_result"]
    )
    assert [entry[:2] for entry in entries(tmp_path)] == [("haiku", "command")]


@pytest.mark.parametrize("reply", [fake_anthropic.rate_limited(), fake_anthropic.says(" ")])
def test_a_long_output_is_never_lost_with_its_tier(
    reply: fake_anthropic.Reply, cli: Cli, server: FakeAnthropic
) -> None:
    server.script.add(*[reply] * 5)
    status, out, err = cli("run", "--command", "seq 9999")
    assert status == 0
    assert out.startswith("1\n2\n")
    assert out.endswith("9998\n9999\n")
    assert "not condensed" in err


def test_the_ledger_shows_the_day_and_takes_session_files_in_once(cli: Cli, tmp_path: Path) -> None:
    cli("run", "--tier", "haiku", "list files")
    sessions = tmp_path / ".claude" / "projects" / "p"
    sessions.mkdir(parents=True)
    usage = {"input_tokens": 1000, "output_tokens": 100}
    message = {"id": "m1", "model": "claude-opus-4-6", "usage": usage}
    told = {"type": "assistant", "message": message, "timestamp": "2026-11-20T12:00:00Z", "sessionId": "s"}
    (sessions / "s.jsonl").write_text(json.dumps(told) + "\n")
    assert "1 operations were taken in" in cli("ledger", "--import")[2]
    assert "0 operations were taken in" in cli("ledger", "--import")[2]
    table = json.loads(cli("ledger", "--json", "--day", "2026-11-20")[1])
    opus = next(row for row in table["tiers"] if row["tier"] == "opus")
    assert (opus["operations"], opus["cost_usd"], opus["api_equivalent_usd"]) == (1, 0.0075, 0.0075)
    assert [row["cost_usd"] for row in table["all_opus"]] == [0.0075, 0.0225]
    out = cli("ledger", "--week")[1]
    assert "haiku             1      $0.00" in out
    assert "(estimate)" in out


def test_a_day_that_is_none_is_a_usage_error(cli: Cli) -> None:
    status, _, err = cli("ledger", "--day", "yesterday")
    assert status == 2
    assert "write it as 2026-11-24" in err


def test_routes_and_tiers_are_shown(cli: Cli) -> None:
    assert json.loads(cli("route", "--json", "why?")[1])["label"] == "opus"
    assert cli("route", "--query", "Session.refresh")[1].startswith("raw")
    status, out, _ = cli("tiers")
    assert status == 1  # codex is not there
    assert "install Codex" in out
    rows = json.loads(cli("tiers", "--json", "--ask")[1])
    assert [(row["tier"], row["ready"]) for row in rows if row["tier"] in ("haiku", "codex")] == [
        ("haiku", True), ("codex", False),
    ]  # fmt: skip
