"""What a host has, and bringing it more: through the official client, with every way a pull fails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model_chain.backends.ollama.installed import look_at
from model_chain.backends.ollama.pull import PullStep, pull
from model_chain.errors import ModelError, ModelMissing, ModelUnavailable, PullFailed
from tests.servers import scripted_ollama as scripted
from tests.servers.scripted_ollama import EMBED_MODEL, NOMIC, QWEN, Fault, ScriptedOllama


def test_a_host_tells_its_models_digests_and_what_they_can_do(server: ScriptedOllama) -> None:
    host = look_at(server.url, [EMBED_MODEL, "qwen2.5:14b", "absent"])
    assert host.version == "0.12.6"
    assert [(model.name, model.digest) for model in host.models] == [
        (NOMIC.name, NOMIC.digest),
        (QWEN.name, QWEN.digest),
    ]
    assert host.capabilities == {EMBED_MODEL: ("embedding",), "qwen2.5:14b": ("completion", "tools")}
    assert host.installed("absent") is None
    assert host.loaded == ()


def test_what_does_not_fit_the_gpu_is_counted(server: ScriptedOllama) -> None:
    server.model.models = [replace(NOMIC, size=1000, on_cpu=400)]
    server.model.loads.append((NOMIC.name, "{}"))
    (loaded,) = look_at(server.url, []).loaded
    assert (loaded.name, loaded.on_cpu) == (NOMIC.name, 400)


@pytest.mark.parametrize("route", ["/api/version", "/api/tags", "/api/ps", "/api/show"])
@pytest.mark.parametrize("fault", [scripted.html, scripted.null, scripted.bad_gateway, scripted.cut_at(60)])
def test_whatever_a_host_answers_it_is_an_error_of_ours(
    server: ScriptedOllama, route: str, fault: Fault
) -> None:
    server.fail_always(route, fault)
    with pytest.raises(ModelError):
        look_at(server.url, [EMBED_MODEL])


def test_a_host_that_hangs_is_given_up_on(server: ScriptedOllama) -> None:
    server.fail_always("/api/ps", scripted.HANG)
    with pytest.raises(ModelUnavailable, match="did not answer in time"):
        look_at(server.url, [], read_seconds=0.2)


def test_a_pull_reports_each_step_and_installs_the_model(server: ScriptedOllama) -> None:
    server.model.models, server.model.registry = [], [NOMIC]
    steps = list(pull(server.url, EMBED_MODEL))
    assert steps[0] == PullStep("pulling manifest")
    layer = [(step.completed, step.total) for step in steps if step.layer == f"sha256:{NOMIC.digest}"]
    assert layer == [(0, NOMIC.size), (NOMIC.size // 2, NOMIC.size), (NOMIC.size, NOMIC.size)]
    assert steps[-1].status == "success"
    assert look_at(server.url, []).installed(EMBED_MODEL)


def test_a_model_that_no_registry_has_fails_inside_the_stream(server: ScriptedOllama) -> None:
    with pytest.raises(PullFailed, match="file does not exist"):
        list(pull(server.url, "no-such-model"))


def test_a_pull_that_fails_half_way_has_shown_its_progress_first(server: ScriptedOllama) -> None:
    server.model.models, server.model.registry = [], [NOMIC]
    server.model.pull_fails = "max retries exceeded: EOF"
    seen: list[PullStep] = []
    with pytest.raises(PullFailed, match="max retries exceeded"):
        seen.extend(pull(server.url, EMBED_MODEL))
    assert server.model.models == []


@pytest.mark.parametrize("byte", range(0, 700, 50))
def test_a_pull_cut_at_any_byte_is_no_success(server: ScriptedOllama, byte: int) -> None:
    server.fail_next("/api/pull", scripted.cut_at(byte))
    with pytest.raises(ModelError):
        list(pull(server.url, EMBED_MODEL))


def test_a_stream_that_ends_without_success_is_no_success(server: ScriptedOllama) -> None:
    server.fail_next("/api/pull", scripted.without_last_line)
    with pytest.raises(PullFailed, match="goes on where it was"):
        list(pull(server.url, EMBED_MODEL))


def test_a_pull_that_falls_silent_is_given_up_on(server: ScriptedOllama) -> None:
    server.fail_next("/api/pull", scripted.HANG)
    with pytest.raises(ModelUnavailable, match="did not answer in time"):
        list(pull(server.url, EMBED_MODEL, read_seconds=0.2))


def test_a_refused_pull_is_no_failed_download(server: ScriptedOllama) -> None:
    server.fail_next("/api/pull", scripted.NOT_FOUND)
    with pytest.raises(ModelMissing):
        list(pull(server.url, EMBED_MODEL))
