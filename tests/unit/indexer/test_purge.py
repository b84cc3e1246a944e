"""Reports of earlier nights lose the secrets that newer rules know, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexer.night_report import REPORTS, NightReport, RepositoryReport
from indexer.purge import redact_reports
from tests.secret_canaries import CANARIES, Canary

GITHUB = next(canary for canary in CANARIES if canary.rule == "github_token")
NAMES = [f"{canary.rule}-{number}" for number, canary in enumerate(CANARIES)]


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / REPORTS
    folder.mkdir()
    return folder


def report_of(*lines: str) -> str:
    """A whole night's report that quotes lines in each place where one can be quoted."""
    repository = RepositoryReport("shop", reason=lines[0])
    for line in lines:
        repository.record_failure(line, line)
    report = NightReport("2026-11-24T04:00:00+00:00", repositories=[repository], embedder_breakdown=lines[-1])
    return json.dumps(report.as_json(), indent=1)


@pytest.mark.parametrize("canary", CANARIES, ids=NAMES)
def test_a_secret_is_taken_out_wherever_a_report_quotes_it(
    tmp_path: Path, reports: Path, canary: Canary
) -> None:
    file = reports / "2026-11-24.json"
    file.write_text(report_of(canary.line, "harmless"))
    assert canary.secret.split("\n")[0] in file.read_text()
    redact_reports(tmp_path)
    assert canary.secret not in file.read_text()
    told = json.loads(file.read_text())
    assert told["embedder_breakdown"] == "harmless"
    assert told["repositories"][0]["failure_count"] == 2


def test_a_report_without_secrets_is_not_written_again(tmp_path: Path, reports: Path) -> None:
    file = reports / "2026-11-24.json"
    file.write_text(report_of("nothing to hide") + "\n")
    before = file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino
    redact_reports(tmp_path)
    assert (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino) == before


def test_a_report_that_was_cut_short_loses_its_secrets_too(tmp_path: Path, reports: Path) -> None:
    whole = report_of(GITHUB.line)
    file = reports / "2026-11-24.json"
    file.write_text(whole[: whole.rindex(GITHUB.secret) + len(GITHUB.secret) + 5])
    redact_reports(tmp_path)
    assert GITHUB.secret not in file.read_text()
    assert '"name": "shop"' in file.read_text()


def test_without_reports_there_is_nothing_to_do(tmp_path: Path) -> None:
    redact_reports(tmp_path)
    assert not (tmp_path / REPORTS).exists()
