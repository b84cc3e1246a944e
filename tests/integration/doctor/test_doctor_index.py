from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from index_store.generations import CURRENT_NAME, generation_dir
from index_store.testing import build_generation, make_row, states_of
from indexer.night_report import NightReport
from tests.machines import OLLAMA, Machine, embedded_record
from tests.servers import scripted_ollama as scripted
from tests.servers.ollama_wire import ModelCard
from tests.servers.scripted_ollama import NOMIC, ScriptedOllama


def test_no_index_yet_says_how_to_make_one(machine: Machine) -> None:
    status, findings = machine.examine()
    (index,) = [one for one in findings if one["check"] == "index"]
    assert (status, index["severity"], index["remedy"]) == (0, "warning", "run `nightdex run`")


def test_a_file_that_was_cut_short_is_found_by_its_size(machine: Machine) -> None:
    manifest = machine.publish(embedded_record())
    folder = generation_dir(machine.state, manifest.generation)
    name = max(manifest.files, key=lambda one: manifest.files[one][0])
    (folder / name).write_bytes(b"short")
    finding = machine.finding("index")
    assert finding["severity"] == "error"
    assert name in str(finding["found"])
    assert "nightdex rollback" in str(finding["remedy"])


def test_a_manifest_that_was_changed_is_found(machine: Machine) -> None:
    manifest = machine.publish(embedded_record())
    file = generation_dir(machine.state, manifest.generation) / "manifest.json"
    file.write_text(file.read_text().replace('"chunks": 1', '"chunks": 2'))
    assert machine.finding("index")["severity"] == "error"
    (machine.state / CURRENT_NAME).unlink()
    assert machine.finding("index")["severity"] == "error"


def test_a_stale_repository_is_a_warning_with_its_reason(machine: Machine) -> None:
    rows = [make_row(vector_code=None, vector_summary=None)]
    states = [replace(state, stale=True, stale_reason="the disk is gone") for state in states_of(rows)]
    build_generation(machine.state, rows, states, embedder=embedded_record())
    stale, fresh = machine.findings("repositories")
    assert stale["severity"] == "warning"
    assert "the disk is gone" in str(stale["found"])
    assert stale["remedy"] == "make it readable, then run `nightdex run --repo shop`"
    assert fresh["found"] == "0 of 1 repositories are fresh"


@pytest.mark.parametrize(
    ("hours", "outcome", "severity", "said"),
    [
        (5, "ok", "ok", "began 5 h ago"),
        (5, "partial", "warning", "left something undone: the disk is full"),
        (5, "failed", "error", "published nothing: the disk is full"),
        (72, "ok", "warning", "began 3 d ago"),
    ],
)
def test_a_night_that_was_missed_or_failed_is_told(
    machine: Machine, hours: int, outcome: str, severity: str, said: str
) -> None:
    began = (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="seconds")
    NightReport(began, outcome=outcome, reason="the disk is full").save(machine.state)
    finding = machine.finding("nights")
    assert finding["severity"] == severity
    assert said in str(finding["found"])


def test_the_embedder_of_the_index_is_asked_a_real_question(machine: Machine, server: ScriptedOllama) -> None:
    machine.use_ollama(server.url)
    machine.publish(OLLAMA)
    finding = machine.finding("embedder")
    assert finding["severity"] == "ok"
    assert "ollama/nomic-embed-text@0a109f422b47 embeds a query in" in str(finding["found"])
    assert server.count("/api/embed") == 2


def test_an_embedder_that_is_gone_is_an_error_that_says_what_to_do(
    machine: Machine, server: ScriptedOllama
) -> None:
    machine.use_ollama(server.url)
    machine.publish(OLLAMA)
    server.fail_always("/api/embed", scripted.OUT_OF_MEMORY)
    assert "out-of-memory" in str(machine.finding("embedder")["remedy"])
    server.model.models.clear()
    assert "ollama pull nomic-embed-text" in str(machine.finding("embedder")["remedy"])
    server.stop()
    finding = machine.finding("embedder")
    assert finding["severity"] == "error"
    assert "start Ollama there" in str(finding["remedy"])


def test_another_build_of_the_embedder_is_an_error(machine: Machine, server: ScriptedOllama) -> None:
    machine.use_ollama(server.url)
    machine.publish(OLLAMA)
    server.model.models = [ModelCard(NOMIC.name, "f" * 64, NOMIC.capabilities, "nomic-bert", 2048, 16)]
    assert "another build of nomic-embed-text" in str(machine.finding("embedder")["remedy"])


def test_an_embedder_too_slow_for_a_search_is_a_warning(machine: Machine, server: ScriptedOllama) -> None:
    machine.use_ollama(server.url)
    machine.publish(OLLAMA)
    server.model.seconds_per_text = 0.35
    finding = machine.finding("embedder")
    assert finding["severity"] == "warning"
    assert "a search waits 0.3 s for it" in str(finding["found"])


def test_a_configuration_that_will_rebuild_the_index_says_so_beforehand(
    machine: Machine, server: ScriptedOllama
) -> None:
    machine.publish(embedded_record())
    machine.use_ollama(server.url)
    _, finding = machine.findings("embedder")
    assert (finding["severity"], finding["remedy"]) == ("note", "the next night builds the index anew")
