"""What the commands print, word for word. `NIGHTDEX_UPDATE_GOLDEN=1 pytest tests/unit/cli` writes it anew."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from index_store.generations import generation_dir
from index_store.held_back import HeldBack
from index_store.manifest import read_manifest
from index_store.schema import Manifest
from index_store.testing import build_generation, make_row, states_of
from indexer.night_report import NightReport, Outcome, RepositoryReport
from nightdex.cli import _run
from nightdex.night import summary
from nightdex.progress import LineProgress
from nightdex.standing import Standing, Trust
from nightdex.status import show

GOLDEN = Path(__file__).parents[2] / "golden" / "cli"

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run one command line in a directory with a repos.toml; returns status, standard output and error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "repos.toml").write_text('[index]\nstate_dir = "state"\n[[repo]]\npath = "."\n')

    def run(*arguments: str) -> tuple[int, str, str]:
        status = _run(list(arguments))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def matches_golden(name: str, text: str) -> None:
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("NIGHTDEX_UPDATE_GOLDEN") == "1":
        file.write_text(text)
    assert text == file.read_text()


# One a line, so that a new command changes one line.
COMMANDS = [
    "",
    "run",
    "schedule",
    "serve",
    "mcp",
    "search",
    "ask",
    "status",
    "notify",
    "check",
    "rollback",
    "backup",
    "restore",
    "doctor",
    "key",
    "key create",
    "key list",
    "key revoke",
    "chain",
    "chain route",
    "chain run",
    "chain handoff",
    "chain ledger",
    "chain tiers",
    "chain guard",
    "version",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_as_it_was(cli: Cli, command: str) -> None:
    status, out, _ = cli(*command.split(), "--help")
    assert status == 0
    matches_golden(f"help-{command.replace(' ', '-') or 'nightdex'}", out)


def test_no_arguments_show_the_help(cli: Cli) -> None:
    assert cli() == cli("--help")


def small_index(state_dir: Path) -> Manifest:
    rows = [
        make_row(repo="shop", path="src/cart.py", symbol="Cart.add", text="def add(self):\n    pass"),
        make_row(repo="shop", path="src/tax.py", symbol="tax", text="def tax():\n    pass"),
        make_row(repo="notes", path="a.md", symbol="Backups", text="# Backups\nDaily."),
    ]
    first, second = states_of(rows)
    stale = replace(first, stale=True, stale_reason="the disk is gone")
    return build_generation(state_dir, rows, [stale, second])


NOW = datetime(2026, 1, 2, 9, 10, tzinfo=UTC)
NIGHT = {
    "outcome": "partial",
    "started_at": "2026-01-02T04:00:00+00:00",
    "seconds": 61.5,
    "reason": "1 failed",
    "repositories": [{"name": "shop", "outcome": "indexed", "found": 3}],
}


def standing(state_dir: Path, **fields: Any) -> Standing:
    manifest = replace(small_index(state_dir), built_at="2026-01-02T04:10:00+00:00", files={"a": (5_000, "")})
    began = datetime(2026, 1, 2, 4, 0, tzinfo=UTC)
    known = {"night": NIGHT, "last_success": began, "free": 80_000_000_000}
    return Standing(manifest, NOW, **{**known, **fields})


def test_status_of_a_small_index(tmp_path: Path) -> None:
    to = StringIO()
    show(standing(tmp_path), to)
    matches_golden("status", to.getvalue())


@pytest.mark.parametrize(
    ("fields", "trust", "reason"),
    [
        ({"problems": ["x.lance is missing"]}, Trust.NONE, "generation 1 is damaged: x.lance is missing"),
        (
            {"last_success": datetime(2025, 12, 30, tzinfo=UTC)},
            Trust.NONE,
            "no night has come to its end for 3 d",
        ),
        ({"night": {**NIGHT, "outcome": "failed"}}, Trust.IN_PART, "the last night failed: 1 failed"),
        ({"held": HeldBack(2, ("'x' is lost",))}, Trust.IN_PART, "generation 2 is held back: 'x' is lost"),
        ({}, Trust.IN_PART, "1 of 2 repositories are stale (notes)"),
        (
            {"free": 1_000_000},
            Trust.IN_PART,
            "only 0.00 GB are free below state_dir: the next night will fail",
        ),
        (
            {"golden": [{"query": "x", "verdict": "missing"}]},
            Trust.IN_PART,
            "1 of 1 golden queries do not find their answer ('x')",
        ),
    ],
)
def test_the_verdict_of_a_status(tmp_path: Path, fields: dict[str, Any], trust: Trust, reason: str) -> None:
    found, reasons = standing(tmp_path, **fields).verdict
    assert found is trust
    assert reason in reasons


def test_status_reads_the_published_index(cli: Cli, tmp_path: Path) -> None:
    manifest = small_index(tmp_path / "state")
    status, out, _ = cli("status", "--json")
    told = json.loads(out)
    assert (status, told["trust"]) == (3, "in part")
    assert (told["generation"], told["chunks"]) == (manifest.generation, 3)
    assert [(repo["name"], repo["stale"]) for repo in told["repositories"]] == [
        ("notes", True),
        ("shop", False),
    ]
    assert told["age_seconds"] < 600
    assert cli("status")[1].startswith(
        "search can be trusted in part: 1 of 2 repositories are stale (notes)\n"
    )
    folder = generation_dir(tmp_path / "state", manifest.generation)
    (folder / "inventory.parquet").write_bytes(b"")
    status, out, _ = cli("status")
    assert status == 1
    damaged = f"generation {manifest.generation} is damaged: inventory.parquet has 0 bytes instead of "
    assert out.startswith(f"search cannot be trusted: {damaged}")


def test_an_index_in_order_can_be_trusted(cli: Cli, tmp_path: Path) -> None:
    row = make_row(repo="shop", path="src/tax.py", symbol="tax", text="def tax():\n    pass")
    build_generation(tmp_path / "state", [row])
    status, out, _ = cli("status")
    assert status == 0
    assert re.match(
        r"search can be trusted: all of it is as of \d+ s ago\ngeneration 1, built \d+ s ago", out
    )


def test_check_tells_a_whole_index_from_a_damaged_one(cli: Cli, tmp_path: Path) -> None:
    generation = small_index(tmp_path / "state").generation
    assert cli("check")[:2] == (0, f"generation {generation} is whole\n")
    folder = generation_dir(tmp_path / "state", generation)
    name = max(read_manifest(folder).files, key=lambda name: (folder / name).stat().st_size)
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    status, out, _ = cli("check", "--json")
    told = json.loads(out)
    assert status == 1
    assert not told["whole"]
    assert name in told["problems"][0]
    assert cli("check")[0] == 1
    assert small_index(tmp_path / "state").generation == generation + 1
    assert cli("check") == (0, f"generation {generation + 1} is whole\n", "")
    assert cli("check", str(generation))[0] == 1
    status, _, err = cli("check", "99")
    assert (status, "There is no generation 99; there is 1, 2." in err) == (1, True)


def test_rollback_lets_the_generation_before_serve(cli: Cli, tmp_path: Path) -> None:
    first = small_index(tmp_path / "state").generation
    second = small_index(tmp_path / "state").generation
    assert cli("rollback") == (0, f"generation {first} serves now\n", "")
    status, _, err = cli("rollback")
    assert status == 1
    assert "oldest" in err
    assert cli("rollback", str(second), "--json")[1] == f'{{"generation": {second}}}\n'


def night_report() -> NightReport:
    shop = RepositoryReport(
        "shop", found=10, chunked=7, reused=5, chunks=40, embedded=12, summarised=6, seconds=1.25
    )
    shop.skipped.update({"vendored": 2, "binary": 1})
    gone = RepositoryReport("gone", Outcome.STALE, "'/code/gone' does not exist", chunks=3)
    return NightReport(
        "2026-01-02T04:00:00+00:00",
        7,
        published=True,
        repositories=[shop, gone],
        removed=["old"],
        seconds=3.21,
    )


def test_the_night_in_a_few_lines() -> None:
    matches_golden("night", summary(night_report()))


def test_progress_elsewhere_than_on_a_terminal_is_one_line_a_repository() -> None:
    to = StringIO()
    progress = LineProgress(to)
    progress.step("repositories")
    progress.repository_started("shop", 2)
    progress.files_done("shop", 2, 12)
    for repository in night_report().repositories:
        progress.repository_finished(repository)
    progress.step("publish")
    matches_golden("progress", to.getvalue())
