"""What keeps nights going: who begins and tells of them, repositories, databases, golden queries."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from index_store.held_back import HeldBack, hold_back
from index_store.testing import build_generation, make_row
from nightdex.doctor import clock
from search_api.keys import Keys
from tests.machines import Machine, embedded_record


def systemctl(machine: Machine, monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    """A systemctl that tells the same of every unit of the user's manager."""
    program = machine.root / "bin" / "systemctl"
    program.parent.mkdir(exist_ok=True)
    lines = "".join(f"echo {line}; " for line in f"LoadState=loaded {told}".split())
    program.write_text(f'#!/bin/sh\ncase "$1" in --user) {lines};; *) exit 1;; esac\n'.replace("; ;;", ";;"))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


def severities(findings: list[dict[str, object]]) -> list[object]:
    return [one["severity"] for one in findings]


def test_a_repository_that_cannot_be_read_is_found_before_the_night_meets_it(machine: Machine) -> None:
    text = (
        (machine.root / "repos.toml").read_text().replace('path = "shop"', 'path = "shop"\nbranch = "nope"')
    )
    (machine.root / "repos.toml").write_text(text)
    (finding,) = machine.findings("sources")
    assert finding["severity"] == "error"
    assert "shop cannot be read" in finding["found"]
    assert finding["remedy"]


def test_a_repository_that_belongs_to_somebody_else_is_read_all_the_same(machine: Machine) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    for path in ((machine.root / "shop"), *(machine.root / "shop").rglob("*")):
        os.chown(path, 12345, 12345)
    assert machine.finding("sources")["severity"] == "ok"


def test_nothing_that_begins_a_night_is_a_warning(machine: Machine) -> None:
    machine.scheduled = False
    finding = machine.finding("schedule")
    assert (finding["severity"], finding["found"]) == ("warning", "nothing begins a night")
    assert "nightdex setup systemd" in finding["remedy"]


def test_two_owners_are_a_note(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    systemctl(machine, monkeypatch, "ActiveState=active")
    finding = machine.finding("schedule")
    assert finding["severity"] == "note"
    assert "systemctl --user nightdex-index.timer" in finding["found"]
    assert f"nightdex schedule (process {os.getpid()})" in finding["found"]


def test_units_that_are_old_failed_or_end_with_the_session_are_found(
    machine: Machine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.state.mkdir()
    monkeypatch.setattr("nightdex.setup.systemd.shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("nightdex.doctor.owners.LINGERING", home / "linger")
    status, _, err = machine.run("setup", "systemd", "--user", "--yes")
    assert (status, err) == (0, "")
    systemctl(machine, monkeypatch, "ActiveState=active Result=success NeedDaemonReload=no")
    found = {one["found"]: one for one in machine.findings("schedule")}
    folder = home / ".config" / "systemd" / "user"
    assert found[f"the units in {folder} are those of this nightdex"]["severity"] == "ok"
    lingering = next(one for text, one in found.items() if "is logged in" in text)
    assert (lingering["severity"], lingering["remedy"]) == ("warning", "run `loginctl enable-linger`")
    unit = folder / "nightdex-index.timer"
    unit.write_text(unit.read_text() + "# mine\n")
    systemctl(machine, monkeypatch, "ActiveState=failed Result=exit-code NeedDaemonReload=yes")
    findings = machine.findings("schedule")
    assert any("nightdex-index.timer" in one["found"] and "differ" in one["found"] for one in findings)
    failed = [one for one in findings if one["severity"] == "error"]
    assert failed[0]["found"] == "nightdex-index.service failed"
    assert "journalctl --user -u nightdex-index.service" in failed[0]["remedy"]
    assert any("daemon-reload" in one["remedy"] for one in findings)
    shutil.rmtree(machine.state)
    assert any("cannot be compared" in one["found"] for one in machine.findings("schedule"))


def test_an_hour_that_a_clock_change_takes_is_a_note(machine: Machine) -> None:
    machine.configure(f'{machine.extra}[schedule]\nat = "02:30"\ntimezone = "Europe/Berlin"\n')
    finding = machine.finding("clock")
    assert finding["severity"] == "note"
    assert 'at = "04:00"' in finding["remedy"]
    here = datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))
    odd = clock._odd_days("02:30", "Europe/Berlin", here)
    assert [f"{day:%m-%d}" for day in odd] == ["03-29", "10-25"]
    assert clock._odd_days("04:00", "Europe/Berlin", here) == []


def test_an_index_of_the_future_is_a_warning(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.publish(embedded_record())
    monkeypatch.setattr(clock, "CLOCK_SLACK_S", -3600.0)
    assert "warning" in severities(machine.findings("clock"))


def test_a_damaged_database_is_an_error_that_says_what_is_lost(machine: Machine) -> None:
    machine.state.mkdir()
    (machine.state / "summaries.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 4096)
    finding = machine.finding("databases")
    assert finding["severity"] == "error"
    assert "are asked for again" in finding["remedy"]


def test_keys_that_ended_or_will_soon_are_told(machine: Machine) -> None:
    machine.state.mkdir()
    keys = Keys(machine.state / "keys.sqlite")
    keys.create(repos=None, lifetime=timedelta(days=-1), note="old")
    keys.create(repos=None, lifetime=timedelta(days=3), note="laptop")
    *told, counted = machine.findings("keys")
    ended, soon = sorted(told, key=lambda one: one["severity"])
    assert (ended["severity"], "(old) ended on" in ended["found"]) == ("note", True)
    assert (soon["severity"], "(laptop) ends in 2 days" in soon["found"]) == ("warning", True)
    assert counted["found"] == "1 of 2 are valid"


def test_nobody_to_tell_is_a_note_and_a_command_that_is_not_there_an_error(machine: Machine) -> None:
    machine.configure('[embedding]\nprovider = "embedded"\n')
    assert machine.finding("notify")["severity"] == "note"
    machine.configure('[notify]\ncommand = ["/no/such/mail"]\n')
    assert machine.finding("notify")["severity"] == "error"
    machine.configure('[notify]\nurl = "https://chat.example.org/hooks/S3CR3T"\n')
    finding = machine.finding("notify")
    assert (finding["severity"], "S3CR3T" in json.dumps(finding)) == ("ok", False)


def test_a_guard_that_is_asked_and_missing_blocks_every_command(
    machine: Machine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert severities(machine.findings("guard")) == ["error", "error"]
    (home / ".claude" / "settings.json").write_text("{}")
    shutil.rmtree(home / ".codex")
    (finding,) = machine.findings("guard")
    assert (finding["severity"], "integrations/claude-code" in finding["remedy"]) == ("note", True)


def test_golden_queries_are_asked_of_what_serves_and_what_is_held_back_is_an_error(machine: Machine) -> None:
    row = make_row(repo="shop", path="src/greet.py", vector_code=None, vector_summary=None)
    build_generation(machine.state, [row], embedder=embedded_record())
    golden = '[[golden]]\nquery = "greet"\nrepo = "shop"\n'
    machine.configure(f'{machine.extra}{golden}symbol = "greet"\n{golden}path = "src/walrus.py"\n')
    missing, found = machine.findings("golden")
    assert (missing["severity"], "'greet' does not find shop:src/walrus.py" in missing["found"]) == (
        "warning",
        True,
    )
    assert found["found"] == "1 of 2 find what they must"
    build_generation(machine.state, [row], embedder=embedded_record())
    (machine.state / "CURRENT").write_text("1\n")
    hold_back(machine.state, HeldBack(2, ("'greet' no longer finds shop:greet",)))
    held, *_ = machine.findings("golden")
    assert held["severity"] == "error"
    assert "nightdex run --accept-golden" in held["remedy"]


def test_a_grammar_that_does_not_load_is_an_error(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> object:
        if name == "zig":
            raise ImportError("no wheel")
        return object()

    monkeypatch.setattr("indexer.chunking.grammar.grammar_of", broken)
    finding = machine.finding("grammars")
    assert (finding["severity"], finding["found"]) == (
        "error",
        "zig cannot be loaded: ImportError: no wheel",
    )


def test_a_locale_that_is_not_utf_8_is_a_note(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locale.getpreferredencoding", lambda **_: "ISO-8859-1")
    assert machine.finding("locale")["severity"] == "note"


def test_a_state_folder_that_every_user_can_read_is_a_note(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.state.mkdir()
    monkeypatch.setattr("nightdex.doctor.machine._others_read", lambda _: True)
    assert machine.finding("state_dir")["remedy"] == f"run `chmod 700 {machine.state}`"
