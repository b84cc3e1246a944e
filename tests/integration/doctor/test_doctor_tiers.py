from __future__ import annotations

from pathlib import Path

import pytest

from tests.machines import Machine


def test_every_tier_with_its_program_and_login_is_in_order(machine: Machine, home: Path) -> None:
    told = machine.findings("tiers")
    assert [(one["severity"], one["details"]["tier"]) for one in told] == [
        ("ok", "haiku"), ("ok", "codex"), ("ok", "opus"),
    ]  # fmt: skip
    assert str(home / ".local/bin/claude") in told[0]["found"]


def test_a_tier_without_its_program_is_a_note_that_says_what_to_install(machine: Machine, home: Path) -> None:
    for program in (home / ".local" / "bin").iterdir():
        program.unlink()
    haiku, codex, opus = machine.findings("tiers")
    assert {one["severity"] for one in (haiku, codex, opus)} == {"note"}
    assert "claude is not on PATH" in haiku["found"]
    assert "install Codex" in codex["remedy"]


def test_a_tier_that_repos_toml_names_is_wanted(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    machine.configure(machine.extra + '[chain.tiers.opus]\nbackend = "anthropic_api"\n')
    opus = machine.findings("tiers")[-1]
    assert (opus["severity"], opus["remedy"]) == ("warning", "set ANTHROPIC_API_KEY, or a systemd credential")


def test_a_program_without_a_login_is_told_apart_from_one_with(
    machine: Machine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".claude" / ".credentials.json").unlink()
    (home / ".codex" / "auth.json").unlink()
    haiku, codex, opus = machine.findings("tiers")
    assert haiku["severity"] == "ok"  # its key pays
    assert "has no login" in codex["found"]
    assert "has no login" in opus["found"]  # a flat tier does not see the key
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    assert "has no login" in machine.findings("tiers")[0]["found"]


def test_a_metered_tier_that_would_be_paid_by_the_plan_says_so(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    haiku = machine.findings("tiers")[0]
    assert haiku["severity"] == "note"
    assert 'billing = "flat"' in haiku["remedy"]


def test_a_key_from_systemd_is_found(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "anthropic_api_key").write_text("sk-ant-fake\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    machine.configure(machine.extra + '[chain.tiers.opus]\nbackend = "anthropic_api"\n')
    assert machine.findings("tiers")[-1]["severity"] == "ok"
