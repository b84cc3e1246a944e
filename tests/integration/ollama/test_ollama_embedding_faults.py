"""Every way in which Ollama fails an embedding: what heals is asked again, one bad text fails alone."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest

from model_chain.backends.ollama import QUERY_PATIENCE, OllamaEmbedder, Patience
from model_chain.backends.ollama.client import HostUnreachable
from model_chain.backends.ollama.hosts import Hosts
from model_chain.errors import ModelChanged, ModelError, ModelMissing, ModelRefused, ModelUnavailable
from tests.servers import scripted_ollama as scripted
from tests.servers.ollama_wire import ModelCard
from tests.servers.scripted_ollama import (
    EMBED_MODEL,
    IMPATIENT,
    NOMIC,
    Fault,
    ScriptedOllama,
    ScriptedRuntime,
)

TEXTS = [f"text number {index}" for index in range(32)]

HEALING = {
    "queue full": scripted.QUEUE_FULL,
    "out of memory while loading": scripted.OUT_OF_MEMORY,
    "a proxy's rate limit": scripted.RATE_LIMITED,
    "runner crashed": scripted.CRASHED,
    "bad gateway": scripted.bad_gateway,
    "a page with status 200": scripted.html,
    "null": scripted.null,
    "error in the body": scripted.error_in_body,
    "cut before the status line": scripted.cut_at(0),
    "cut in the head": scripted.cut_at(25),
    "cut in the body": scripted.cut_at(300),
}
ONE_TEXT = {
    "NaN": scripted.NOT_A_NUMBER,
    "NaN, older servers": scripted.NOT_A_NUMBER_OLD,
    "NaN in the JSON": scripted.literal_nan,
    "runner crashes on it": scripted.CRASHED,
    "zero vector": scripted.zero_vector,
    "short list": scripted.short_list,
    "wrong dimension": scripted.wrong_dimension,
    "always too long": scripted.TOO_LONG,
    "an unknown 400": scripted.fails(400, "something new"),
}


@pytest.mark.parametrize("fault", HEALING.values(), ids=HEALING)
def test_what_can_heal_is_asked_again(server: ScriptedOllama, embedder: OllamaEmbedder, fault: Fault) -> None:
    server.fail_next("/api/embed", fault, fault)
    batch = embedder.embed_documents(TEXTS)
    assert batch.failures == {}
    assert np.linalg.norm(batch.vectors, axis=1) == pytest.approx(np.ones(32))
    assert server.count("/api/embed") == 3


def test_a_connection_cut_at_any_byte_loses_no_text(server: ScriptedOllama, embedder: OllamaEmbedder) -> None:
    for byte in range(0, 600, 13):
        server.fail_next("/api/embed", scripted.cut_at(byte))
        batch = embedder.embed_documents(TEXTS)
        assert batch.failures == {}
        assert np.linalg.norm(batch.vectors, axis=1) == pytest.approx(np.ones(32))


@pytest.mark.parametrize("fault", ONE_TEXT.values(), ids=ONE_TEXT)
@pytest.mark.parametrize("position", [0, 17, 31])
def test_one_bad_text_fails_alone(
    server: ScriptedOllama, embedder: OllamaEmbedder, fault: Fault, position: int
) -> None:
    texts = list(TEXTS)
    texts[position] = "the POISON text"
    server.poison["POISON"] = fault
    batch = embedder.embed_documents(texts)
    assert set(batch.failures) == {position}
    assert batch.failures[position]
    norms = np.linalg.norm(batch.vectors, axis=1)
    assert norms[position] == 0
    assert np.delete(norms, position) == pytest.approx(np.ones(31))
    assert server.count("/api/embed") <= 20


def test_two_bad_texts_of_one_batch_are_both_found(server: ScriptedOllama, embedder: OllamaEmbedder) -> None:
    server.poison["POISON"] = scripted.NOT_A_NUMBER
    batch = embedder.embed_documents([*TEXTS, "POISON a", "POISON b"])
    assert set(batch.failures) == {32, 33}


def test_a_missing_model_says_what_to_pull(server: ScriptedOllama, embedder: OllamaEmbedder) -> None:
    server.fail_always("/api/embed", scripted.NOT_FOUND)
    with pytest.raises(ModelMissing, match="ollama pull nomic-embed-text"):
        embedder.embed_documents(TEXTS)
    assert server.count("/api/embed") == 1


def test_a_model_that_was_never_pulled_is_missing_from_the_start(server: ScriptedOllama) -> None:
    with pytest.raises(ModelMissing, match="ollama pull mxbai-embed-large"):
        OllamaEmbedder("mxbai-embed-large", [server.url], IMPATIENT)


def test_a_chat_model_is_no_embedder(server: ScriptedOllama) -> None:
    with pytest.raises(ModelMissing, match="cannot embed"):
        OllamaEmbedder("qwen2.5:14b", [server.url], IMPATIENT)


@pytest.mark.parametrize("fault", [scripted.UNSUPPORTED, scripted.host_not_allowed, scripted.moved])
def test_a_refusal_is_not_asked_again(server: ScriptedOllama, embedder: OllamaEmbedder, fault: Fault) -> None:
    server.fail_always("/api/embed", fault)
    with pytest.raises(ModelRefused):
        embedder.embed_documents(TEXTS)
    assert server.count("/api/embed") == 2  # the batch, and the text that tells whose fault it is


@pytest.mark.parametrize(
    "fault",
    [
        scripted.OUT_OF_MEMORY,
        scripted.QUEUE_FULL,
        scripted.html,
        scripted.NOT_A_NUMBER,
        scripted.wrong_dimension,
    ],
)
def test_a_fault_of_the_model_is_not_blamed_on_the_texts(
    server: ScriptedOllama, embedder: OllamaEmbedder, fault: Fault
) -> None:
    server.fail_always("/api/embed", fault)
    with pytest.raises(ModelError):
        embedder.embed_documents(TEXTS)
    assert server.count("/api/embed") <= 8


def test_a_hang_ends_with_our_own_timeout(server: ScriptedOllama, embedder: OllamaEmbedder) -> None:
    server.fail_always("/api/embed", scripted.HANG)
    begun = time.monotonic()
    with pytest.raises(ModelUnavailable, match="did not answer in time"):
        embedder.embed_documents(TEXTS)
    assert time.monotonic() - begun < 4
    assert server.count("/api/embed") == 2


def test_a_hang_that_ends_is_survived(server: ScriptedOllama, embedder: OllamaEmbedder) -> None:
    server.fail_next("/api/embed", scripted.HANG)
    assert embedder.embed_documents(TEXTS).failures == {}


def test_a_load_that_timed_out_has_cost_minutes_and_is_tried_once_more(
    server: ScriptedOllama, embedder: OllamaEmbedder
) -> None:
    server.fail_next("/api/embed", scripted.LOAD_TIMED_OUT)
    assert embedder.embed_documents(TEXTS).failures == {}
    server.fail_always("/api/embed", scripted.LOAD_TIMED_OUT)
    with pytest.raises(ModelUnavailable, match="could not load nomic-embed-text in time"):
        embedder.embed_documents(TEXTS)
    assert server.count("/api/embed") == 4


def test_a_long_load_is_waited_for(server: ScriptedOllama, embedder: OllamaEmbedder) -> None:
    server.fail_next("/api/embed", scripted.late(0.8))
    assert embedder.embed_documents(TEXTS).failures == {}
    assert server.count("/api/embed") == 1


def test_a_refused_connection_is_unavailable() -> None:
    with ScriptedOllama() as server, OllamaEmbedder(EMBED_MODEL, [server.url], IMPATIENT) as embedder:
        server.stop()
        with pytest.raises(ModelUnavailable, match="cannot be reached"):
            embedder.embed_documents(TEXTS)
        with pytest.raises(ModelUnavailable):
            OllamaEmbedder(EMBED_MODEL, [server.url], IMPATIENT)


def test_calls_that_fail_side_by_side_are_one_failure_of_the_host(server: ScriptedOllama) -> None:
    hosts = Hosts(EMBED_MODEL, [server.url], Patience(read=5.0, retries=0, first_pause=0.0))
    both = threading.Barrier(2)

    def fail(_: object) -> None:
        both.wait(10)
        raise HostUnreachable("gone")

    with ThreadPoolExecutor(2) as pool:
        for failed in [pool.submit(hosts.call, fail) for _ in range(2)]:
            assert isinstance(failed.exception(20), HostUnreachable)
    assert hosts._hosts[0].failures == 1
    hosts.close()


def test_a_restarted_server_is_found_again() -> None:
    with ScriptedOllama() as server, OllamaEmbedder(EMBED_MODEL, [server.url], IMPATIENT) as embedder:
        server.stop()
        with ScriptedOllama(port=server.port):
            assert embedder.embed_documents(TEXTS).failures == {}


def test_a_dead_host_is_left_out_and_tried_again() -> None:
    many = [f"text {index}" for index in range(320)]
    with (
        ScriptedOllama() as dying,
        ScriptedOllama() as healthy,
        OllamaEmbedder(EMBED_MODEL, [dying.url, healthy.url], IMPATIENT) as embedder,
    ):
        dying.stop()
        assert embedder.embed_documents(many).failures == {}
        assert healthy.count("/api/embed") == 10
        with ScriptedOllama(port=dying.port) as again:
            again.model.seconds_per_text = healthy.model.seconds_per_text = 0.001
            time.sleep(0.1)
            assert embedder.embed_documents(many).failures == {}
            assert again.count("/api/embed") > 0


def test_a_host_that_dies_in_the_middle_loses_no_text() -> None:
    many = [f"text {index}" for index in range(640)]
    with ScriptedOllama() as dying, ScriptedOllama() as healthy:
        dying.model.seconds_per_text = healthy.model.seconds_per_text = 0.002
        with OllamaEmbedder(EMBED_MODEL, [dying.url, healthy.url], IMPATIENT) as embedder:
            timer = threading.Timer(0.2, dying.stop)
            timer.start()
            batch = embedder.embed_documents(many)
            timer.join()
        assert batch.failures == {}
        assert np.linalg.norm(batch.vectors, axis=1) == pytest.approx(np.ones(640))


def other_build() -> ScriptedRuntime:
    return ScriptedRuntime([ModelCard(NOMIC.name, "f" * 64, NOMIC.capabilities, "nomic-bert", 2048, 16)])


def test_a_host_with_another_build_of_the_model_gets_no_work() -> None:
    with ScriptedOllama() as one, ScriptedOllama(other_build()) as other:
        with OllamaEmbedder(EMBED_MODEL, [one.url, other.url], IMPATIENT) as embedder:
            assert embedder.embed_documents([f"text {i}" for i in range(320)]).failures == {}
        assert other.count("/api/embed") == 0


def test_a_host_without_the_model_gets_no_work() -> None:
    with ScriptedOllama(ScriptedRuntime([])) as bare, ScriptedOllama() as one:
        with OllamaEmbedder(EMBED_MODEL, [bare.url, one.url], IMPATIENT) as embedder:
            assert embedder.embed_documents(TEXTS).failures == {}
        assert bare.count("/api/embed") == 0


def test_vectors_of_a_model_that_was_replaced_meanwhile_are_not_given_out(
    server: ScriptedOllama, embedder: OllamaEmbedder
) -> None:
    embedder.embed_documents(TEXTS)
    server.model.models = other_build().models
    with pytest.raises(ModelChanged, match="rebuild"):
        embedder.embed_documents(TEXTS)
    with pytest.raises(ModelChanged):
        embedder.embed_documents(TEXTS)


def test_a_query_is_not_retried() -> None:
    with ScriptedOllama() as server, OllamaEmbedder(EMBED_MODEL, [server.url], QUERY_PATIENCE) as embedder:
        server.fail_always("/api/embed", scripted.QUEUE_FULL)
        with pytest.raises(ModelUnavailable, match="busy"):
            embedder.embed_query("where")
        assert server.count("/api/embed") == 1


def test_a_query_notices_a_replaced_model_once_its_digest_is_old(
    server: ScriptedOllama, embedder: OllamaEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder.embed_query("where")
    server.model.models = other_build().models
    assert embedder.embed_query("where").shape == (16,)  # the digest was looked up a moment ago
    monkeypatch.setattr("model_chain.backends.ollama.embedder.DIGEST_AGE_SECONDS", 0.0)
    with pytest.raises(ModelChanged):
        embedder.embed_query("where")


def test_a_query_looks_at_no_host_but_the_one_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        ScriptedOllama() as one,
        ScriptedOllama() as other,
        OllamaEmbedder(EMBED_MODEL, [one.url, other.url], QUERY_PATIENCE) as embedder,
    ):
        embedder.embed_documents([f"text {index}" for index in range(640)])
        monkeypatch.setattr("model_chain.backends.ollama.embedder.DIGEST_AGE_SECONDS", 0.0)
        before = one.count("/api/tags") + other.count("/api/tags")
        embedder.embed_query("where")
        assert one.count("/api/tags") + other.count("/api/tags") == before + 1


def test_a_host_that_drops_packets_is_unreachable_not_silent(
    embedder: OllamaEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def time_out(*_: object, **__: object) -> None:
        raise httpx.ConnectTimeout("timed out")

    monkeypatch.setattr("httpcore.ConnectionPool.handle_request", time_out)
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        embedder.embed_documents(TEXTS)


def test_a_query_goes_to_the_living_host() -> None:
    with (
        ScriptedOllama() as dead,
        ScriptedOllama() as alive,
        OllamaEmbedder(EMBED_MODEL, [dead.url, alive.url], QUERY_PATIENCE) as embedder,
    ):
        dead.stop()
        assert all(embedder.embed_query(f"query {index}").shape == (16,) for index in range(4))
