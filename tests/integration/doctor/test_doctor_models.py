from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from index_store.schema import SummariserRecord
from model_chain.backends.ollama.pull import PullStep
from nightdex.doctor.pulling import PullBars, PullLines
from tests.machines import OLLAMA, Machine, embedded_record
from tests.servers import scripted_ollama as scripted
from tests.servers.scripted_ollama import CHAT_MODEL, EMBED_MODEL, NOMIC, QWEN, ScriptedOllama

NOBODY = "http://127.0.0.1:1"


def test_tags_and_digests_of_every_host_are_listed(machine: Machine, server: ScriptedOllama) -> None:
    with ScriptedOllama() as other:
        machine.use_ollama(server.url, other.url)
        told = machine.findings("ollama")
    assert {one["severity"] for one in told} == {"ok"}
    hosts = [one["details"] for one in told if "version" in one["details"]]
    assert [host["url"] for host in hosts] == [server.url, other.url]
    assert hosts[0]["models"] == [
        {"name": card.name, "digest": card.digest, "size": card.size} for card in (NOMIC, QWEN)
    ]
    assert f"nomic-embed-text:latest@{NOMIC.digest[:12]}" in str(told[0]["found"])
    assert server.model.loads == []


def test_a_missing_model_comes_with_the_exact_command(machine: Machine, server: ScriptedOllama) -> None:
    server.model.models = [QWEN]
    machine.use_ollama(server.url)
    status, findings = machine.examine()
    (missing,) = [one for one in findings if one["severity"] == "error"]
    assert status == 1
    assert f"`OLLAMA_HOST={server.url} ollama pull {EMBED_MODEL}`" in str(missing["remedy"])


def test_what_auto_can_do_without_is_only_a_note(machine: Machine, server: ScriptedOllama) -> None:
    server.model.models.clear()
    machine.use_ollama(server.url, provider="auto")
    status, findings = machine.examine()
    notes = [one for one in findings if one["severity"] == "note"]
    assert status == 0
    assert [EMBED_MODEL in str(one) or CHAT_MODEL in str(one) for one in notes] == [True, True]


def test_what_auto_once_chose_is_needed(machine: Machine, server: ScriptedOllama) -> None:
    machine.use_ollama(server.url, provider="auto")
    server.model.models = [QWEN]
    machine.publish(OLLAMA)
    assert [one["severity"] for one in machine.findings("ollama")] == ["ok", "error", "ok"]
    server.model.models = [NOMIC]
    machine.publish(OLLAMA, SummariserRecord("ollama", CHAT_MODEL, QWEN.digest))
    assert [one["severity"] for one in machine.findings("ollama")] == ["ok", "ok", "error"]


def test_what_auto_once_decided_against_is_neither_asked_for_nor_pulled(
    machine: Machine, server: ScriptedOllama
) -> None:
    server.model.models.clear()
    machine.use_ollama(server.url, provider="auto")
    machine.publish(embedded_record(), SummariserRecord("extractive", "extractive@1", ""))
    finding = machine.finding("ollama")
    assert finding["severity"] == "ok"
    assert "provider = 'ollama'" in str(finding["found"])
    machine.run("doctor", "--pull")
    assert server.calls == []


def test_a_model_of_the_wrong_kind_is_found_by_its_capabilities(
    machine: Machine, server: ScriptedOllama
) -> None:
    machine.configure(
        f'[embedding]\nprovider = "ollama"\nmodel = "{CHAT_MODEL}"\nhosts = ["{server.url}"]\n'
        '[summaries]\nprovider = "extractive"\n'
    )
    _, finding = machine.findings("ollama")
    assert finding["severity"] == "error"
    assert "can do completion, tools, not embedding" in str(finding["found"])


def test_a_model_that_spills_to_the_cpu_is_a_warning(machine: Machine, server: ScriptedOllama) -> None:
    server.model.models = [NOMIC, replace(QWEN, size=9_000_000_000, on_cpu=3_100_000_000)]
    server.model.loads.append((CHAT_MODEL, "{}"))
    machine.use_ollama(server.url)
    (spilled,) = [one for one in machine.findings("ollama") if one["severity"] == "warning"]
    assert "3.1 GB of 9.0 GB are computed by the CPU" in str(spilled["found"])


def test_hosts_with_different_builds_are_a_warning(machine: Machine, server: ScriptedOllama) -> None:
    with ScriptedOllama(scripted.ScriptedRuntime([replace(NOMIC, digest="f" * 64), QWEN])) as other:
        machine.use_ollama(server.url, other.url)
        (differs,) = [one for one in machine.findings("ollama") if one["severity"] == "warning"]
    assert "nomic-embed-text is not the same everywhere" in str(differs["found"])


@pytest.mark.parametrize(("provider", "severity"), [("ollama", "error"), ("auto", "note")])
def test_a_host_that_is_down_matters_as_much_as_its_model(
    machine: Machine, provider: str, severity: str
) -> None:
    machine.use_ollama(NOBODY, provider=provider)
    finding = machine.finding("ollama")
    assert finding["severity"] == severity
    assert finding["remedy"] == "start Ollama there."


def test_a_web_server_on_the_port_of_ollama_is_not_taken_for_one(
    machine: Machine, server: ScriptedOllama
) -> None:
    server.fail_always("/api/version", scripted.html)
    machine.use_ollama(server.url)
    finding = machine.finding("ollama")
    assert "something that is not Ollama's JSON" in str(finding["found"])
    assert finding["remedy"] == "correct hosts in repos.toml"


def test_pull_brings_what_is_missing_to_every_host_and_says_how_far_it_is(
    machine: Machine, server: ScriptedOllama
) -> None:
    server.model.models, server.model.registry = [QWEN], [replace(NOMIC, size=274_000_000)]
    machine.use_ollama(server.url)
    status, out, err = machine.run("doctor", "--pull")
    assert status == 0, out
    title = f"pulling {EMBED_MODEL} on {server.url}"
    assert err.splitlines() == [
        f"{title}: pulling manifest",
        f"{title}: pulling 0a109f422b47: 0 % of 0.27 GB",
        f"{title}: pulling 0a109f422b47: 50 % of 0.27 GB",
        f"{title}: pulling 0a109f422b47: 100 % of 0.27 GB",
        f"{title}: verifying sha256 digest",
        f"{title}: writing manifest",
        f"{title}: success",
    ]
    assert out.startswith(f"ok      pull: {EMBED_MODEL} was pulled on {server.url}\n")
    assert server.count("/api/pull") == 1
    machine.run("doctor", "--pull")
    assert server.count("/api/pull") == 1  # nothing is missing any more


def test_a_pull_that_breaks_off_is_an_error_with_its_cause(machine: Machine, server: ScriptedOllama) -> None:
    server.model.models, server.model.registry = [QWEN], [NOMIC]
    server.model.pull_fails = "write /models/blobs/sha256-0a: no space left on device"
    machine.use_ollama(server.url)
    status, findings = machine.examine("--pull")
    assert status == 1
    assert findings[0]["check"] == "pull"
    assert "no space left on device" in str(findings[0]["remedy"])
    assert "ollama pull" in str(findings)  # and the check of the model still says what to do


def test_nothing_is_pulled_where_the_models_of_the_package_are_asked_for(
    machine: Machine, server: ScriptedOllama
) -> None:
    server.model.models.clear()
    machine.configure(machine.extra.replace("[summaries]", f'hosts = ["{server.url}"]\n[summaries]'))
    assert machine.finding("ollama")["severity"] == "ok"
    machine.run("doctor", "--pull")
    assert server.calls == []


def test_a_pull_on_a_terminal_has_a_bar_a_layer_and_fits_eighty_columns() -> None:
    to = io.StringIO()
    with Progress(console=Console(file=to, force_terminal=True, width=80), auto_refresh=False) as bars:
        show = PullBars("nomic-embed-text on http://127.0.0.1:11434", bars)
        show(PullStep("pulling manifest"))
        for completed in (0, 137, 274):
            show(PullStep("pulling 970aa74c0a90", "sha256:970a", 274, completed))
        show(PullStep("pulling c71d239df917", "sha256:c71d", 11, 11))
        show(PullStep("success"))
        told = [(task.description, task.completed, task.total) for task in bars.tasks]
    assert told == [("pulling 970aa74c0a90", 274, 274), ("pulling c71d239df917", 11, 11)]
    lines = Text.from_ansi(to.getvalue()).plain.splitlines()
    assert lines[:2] == ["pulling nomic-embed-text on http://127.0.0.1:11434", "  pulling manifest"]
    assert "  success" in lines
    assert max(map(len, lines)) <= 80


def test_a_pull_elsewhere_says_each_tenth_once() -> None:
    to = io.StringIO()
    show = PullLines("m on home", to)
    for completed in range(0, 1001, 7):
        show(PullStep("pulling 970aa74c0a90", "sha256:970a", 1000, completed))
    assert len(to.getvalue().splitlines()) == 10
