"""`nightdex chain handoff` in a real repository: the real claude writes, the real codex does the rest."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from model_chain.handoff import slug_of
from nightdex.cli import _run
from tests.repositories import commit, git
from tests.servers import fake_anthropic, fake_openai
from tests.servers.fake_anthropic import FakeAnthropic
from tests.servers.fake_openai import KEY_VARIABLE, FakeOpenAI
from tests.servers.real_cli import claude_binary, claude_environment, codex_binary, codex_environment
from tests.servers.tiers import PLAN_TOKEN, codex_tier, use_environment
from tests.unit.model_chain.test_prd import GOOD

Cli = Callable[..., tuple[int, dict[str, Any], str]]

FEATURE = "Export the cart as CSV"
PATCH = "*** Begin Patch\n*** Add File: export.py\n+def export(): return 'id'\n*** End Patch"
REVIEW = json.dumps(
    {
        "findings": [],
        "overall_correctness": "patch is correct",
        "overall_explanation": "every acceptance item is met",
        "overall_confidence_score": 0.9,
    }
)


@pytest.fixture
def opus() -> Iterator[FakeAnthropic]:
    with FakeAnthropic() as server:
        yield server


@pytest.fixture
def codex() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as server:
        yield server


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    commit(tmp_path / "shop", {"cart.py": "def total(): pass\n"})
    return tmp_path / "shop"


@pytest.fixture
def environment(
    tmp_path: Path, opus: FakeAnthropic, codex: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell in which claude and codex reach the fakes, with a plan's login each."""
    home = tmp_path / "home"
    codex_tier(home, codex.url, monkeypatch)
    keys = {**codex_environment(home), "CLAUDE_CODE_OAUTH_TOKEN": PLAN_TOKEN}
    use_environment(monkeypatch, {**claude_environment(home, opus.url), **keys})
    monkeypatch.setenv("NIGHTDEX_LEDGER", str(tmp_path / "ledger.sqlite3"))


@pytest.fixture
def cli(
    tmp_path: Path,
    shop: Path,
    environment: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Cli:
    assert environment is None
    monkeypatch.chdir(shop)
    (tmp_path / "repos.toml").write_text(
        f"""[chain.tiers.opus]
command = "{claude_binary()}"
[chain.tiers.codex]
command = "{codex_binary()}"
environment = ["{KEY_VARIABLE}"]
[[repo]]
path = "shop"
"""
    )

    def run(*arguments: str) -> tuple[int, dict[str, Any], str]:
        config = str(tmp_path / "repos.toml")
        status = _run(["chain", "handoff", FEATURE, "--json", "--config", config, *arguments])
        captured = capsys.readouterr()
        return status, json.loads(captured.out or "{}"), captured.err

    return run


def steps(tmp_path: Path) -> list[tuple[Any, ...]]:
    database = sqlite3.connect(tmp_path / "ledger.sqlite3")
    try:
        return database.execute("select kind, tier, cost_usd from operations order by at").fetchall()
    finally:
        database.close()


def test_a_feature_is_specified_approved_implemented_apart_and_reviewed(
    cli: Cli, opus: FakeAnthropic, codex: FakeOpenAI, shop: Path, tmp_path: Path
) -> None:
    opus.script.add(fake_anthropic.says(GOOD))
    head = git(shop, "rev-parse", "HEAD")
    status, state, _ = cli()
    assert (status, state["step"]) == (0, "approval")
    assert (shop / "docs" / "prd-export-the-cart-as-csv.md").read_text() == GOOD
    assert codex.requests == []

    codex.script.add(fake_openai.patches(PATCH), fake_openai.says("export added"), fake_openai.says(REVIEW))
    status, state, _ = cli("--yes")
    assert (status, state["step"]) == (0, "done")
    worktree = Path(state["worktree"])
    assert (worktree / "export.py").read_text() == "def export(): return 'id'\n"
    assert not (shop / "export.py").exists()
    assert state["changed"] == ["docs/prd-export-the-cart-as-csv.md", "export.py"]
    assert (state["said"], "every acceptance item" in state["review"]) == ("export added", True)
    assert "prd-export-the-cart-as-csv.md" in codex.responses[0].text
    assert git(worktree, "branch", "--show-current") == "handoff/export-the-cart-as-csv"
    assert (
        git(worktree, "rev-parse", "HEAD") == git(shop, "rev-parse", "HEAD") == head
    )  # nothing is committed
    assert [step[:2] for step in steps(tmp_path)] == [
        ("prd", "opus"),
        ("implement", "codex"),
        ("review", "codex"),
    ]
    assert steps(tmp_path)[2][2] is None  # codex does not say what a review used

    asked = len(codex.requests)
    assert cli("--yes")[1] == state  # done is done
    assert len(codex.requests) == asked


def test_a_handoff_goes_on_where_it_broke_off(
    cli: Cli, opus: FakeAnthropic, codex: FakeOpenAI, tmp_path: Path
) -> None:
    opus.script.add(fake_anthropic.says(GOOD))
    assert cli("--yes")[1]["step"] == "approval"  # nobody can have read it yet
    codex.script.add(fake_openai.usage_limit())
    status, _, err = cli("--yes")
    assert (status, json.loads(err.splitlines()[-1])["code"]) == (1, "usage_limit")
    codex.script.add(fake_openai.patches(PATCH), fake_openai.says("done"), fake_openai.high_demand())
    status, _, err = cli("--yes")
    assert (status, json.loads(err.splitlines()[-1])["code"]) == (1, "tier_unavailable")
    codex.script.add(fake_openai.says(REVIEW))
    status, state, _ = cli("--yes")
    assert (status, state["step"], state["said"]) == (0, "done", "done")
    assert len(opus.messages) == 1
    # Of the review that broke off nobody knows what it used.
    assert [step[0] for step in steps(tmp_path)] == ["prd", "implement", "review", "review"]


def test_a_document_off_the_outline_is_corrected_once_then_left_to_a_person(
    cli: Cli, opus: FakeAnthropic, codex: FakeOpenAI, shop: Path
) -> None:
    bad = GOOD.replace("- [ ] GET", "GET")
    opus.script.add(fake_anthropic.says(bad), fake_anthropic.says(bad))
    status, _, err = cli("--yes")
    told = json.loads(err.splitlines()[-1])
    assert (status, told["code"]) == (1, "prd_rejected")
    assert "Your last draft was not accepted" in opus.messages[1].text
    assert (shop / "docs" / "prd-export-the-cart-as-csv.md").read_text() == bad
    assert codex.requests == []
    opus.script.add(fake_anthropic.says(GOOD))
    assert cli()[1]["step"] == "approval"
    (shop / "docs" / "prd-export-the-cart-as-csv.md").write_text(bad)  # an editor's slip
    assert json.loads(cli("--yes")[2].splitlines()[-1])["code"] == "prd_rejected"


def test_without_codex_the_document_is_kept_and_what_to_install_is_said(
    cli: Cli, opus: FakeAnthropic, shop: Path, tmp_path: Path
) -> None:
    opus.script.add(fake_anthropic.says(GOOD))
    cli()
    file = tmp_path / "repos.toml"
    file.write_text(file.read_text().replace(str(codex_binary()), "/nowhere/codex"))
    status, _, err = cli("--yes")
    assert (status, json.loads(err.splitlines()[-1])["code"]) == (1, "cli_missing")
    assert (shop / "docs" / "prd-export-the-cart-as-csv.md").exists()


def test_an_author_who_does_not_come_to_an_end_is_told_of(cli: Cli, tmp_path: Path) -> None:
    recorded = (Path(__file__).parents[2] / "golden" / "wire" / "claude-result-max-turns.json").read_text()
    program = tmp_path / "claude"
    program.write_text(f"#!/bin/sh\ncat > /dev/null\ncat <<'EOF'\n{recorded}\nEOF\nexit 1\n")
    program.chmod(0o755)
    file = tmp_path / "repos.toml"
    file.write_text(file.read_text().replace(str(claude_binary()), str(program)))
    status, _, err = cli()
    assert (status, json.loads(err.splitlines()[-1])["code"]) == (1, "max_turns")
    assert steps(tmp_path) == [("prd", "haiku", "0.000495")]  # as the program itself recorded it


@pytest.mark.parametrize(
    ("feature", "slug"),
    [
        ("Export: the CSV!", "export-the-csv"),
        ("Größe ändern", "groe-andern"),
        ("導出", "feature-"),
        ("a " * 60, "a-a-a-"),
    ],
)
def test_a_feature_has_a_short_name(feature: str, slug: str) -> None:
    assert slug_of(feature).startswith(slug)
    assert len(slug_of(feature)) <= 48 + 7
    assert slug_of("a " * 60) != slug_of("a " * 61)


def test_a_damaged_state_is_said_to_be(cli: Cli, shop: Path) -> None:
    state = shop / ".git" / "nightdex" / "handoff" / "export-the-cart-as-csv.json"
    state.parent.mkdir(parents=True)
    state.write_text('{"slug": "x"}')
    assert json.loads(cli()[2].splitlines()[-1])["code"] == "handoff_damaged"


def test_outside_a_repository_it_is_refused(cli: Cli) -> None:
    status, _, err = cli("--folder", "/proc")
    assert status == 1
    assert "is in no git repository" in err
