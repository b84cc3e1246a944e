from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from model_chain.backends.ollama import OllamaEmbedder
from model_chain.errors import InputTooLong, NothingToEmbed
from tests.servers.scripted_ollama import DIMENSION, EMBED_MODEL, IMPATIENT, NOMIC, ScriptedOllama, vector_of


def inputs(server: ScriptedOllama) -> list[list[str]]:
    return [list(call.body["input"]) for call in server.calls if call.route == "/api/embed"]


def test_the_fingerprint_is_read_without_loading_the_model(
    server: ScriptedOllama, embedder: OllamaEmbedder
) -> None:
    fingerprint = embedder.fingerprint
    assert (fingerprint.provider, fingerprint.model, fingerprint.dimension) == (
        "ollama",
        EMBED_MODEL,
        DIMENSION,
    )
    assert fingerprint.digest == NOMIC.digest
    assert server.model.loads == []


def test_documents_and_queries_carry_their_prefixes(server: ScriptedOllama, embedder: OllamaEmbedder) -> None:
    embedder.embed_documents(["def f(): pass"])
    embedder.embed_query("where is f")
    assert inputs(server) == [["search_document: def f(): pass"], ["search_query: where is f"]]


def test_each_model_is_told_what_its_own_card_says(server: ScriptedOllama) -> None:
    gemma = replace(NOMIC, name="embeddinggemma:latest", digest="9" * 64)
    server.model.models.append(gemma)
    with OllamaEmbedder("embeddinggemma", [server.url], IMPATIENT) as other:
        other.embed_documents(["def f(): pass"])
        other.embed_query("where is f")
        assert other.fingerprint.prefix_scheme == "gemma@1"
    assert inputs(server) == [
        ["title: none | text: def f(): pass"],
        ["task: search result | query: where is f"],
    ]


def test_a_query_keeps_its_model_loaded_and_a_night_does_not(
    server: ScriptedOllama, embedder: OllamaEmbedder
) -> None:
    embedder.embed_documents(["def f(): pass"])
    embedder.embed_query("where is f")
    asked = [call.body for call in server.calls if call.route == "/api/embed"]
    assert [one.get("keep_alive") for one in asked] == [None, "1h"]
    assert len(server.model.loads) == 1


def test_a_query_whose_tokens_were_underestimated_is_cut_until_it_fits(
    server: ScriptedOllama, embedder: OllamaEmbedder
) -> None:
    server.model.characters_per_token = 1.0
    assert embedder.embed_query("HEAD " + "+-*/" * 3000 + " TAIL").shape == (DIMENSION,)
    lengths = [len(one[0]) for one in inputs(server)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] < 2048
    server.model.characters_per_token = 0.01
    with pytest.raises(InputTooLong):
        embedder.embed_query("where are sessions refreshed")


def test_every_vector_belongs_to_its_text_whatever_order_they_were_sent_in(embedder: OllamaEmbedder) -> None:
    texts = [f"text {index} " + "x" * (index * 37 % 101) for index in range(150)]
    batch = embedder.embed_documents(texts)
    expected = np.array([vector_of(f"search_document: {text}", NOMIC) for text in texts])
    assert batch.failures == {}
    np.testing.assert_allclose(batch.vectors, expected, atol=1e-6)
    assert batch.vectors.dtype == np.float32


def test_texts_of_like_length_travel_together(server: ScriptedOllama, embedder: OllamaEmbedder) -> None:
    embedder.embed_documents(["x" * (1 + index * 37 % 101) for index in range(100)])
    spans = sorted((min(map(len, one)), max(map(len, one)), len(one)) for one in inputs(server))
    assert sorted(size for _, _, size in spans) == [4, 32, 32, 32]
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_nothing_is_ever_truncated_by_the_server_and_the_legacy_route_is_not_used(
    server: ScriptedOllama, embedder: OllamaEmbedder
) -> None:
    embedder.embed_documents(["a", "b"])
    embedder.embed_query("c")
    sent = [call for call in server.calls if call.route == "/api/embed"]
    assert [call.body["truncate"] for call in sent] == [False, False]
    assert server.count("/api/embeddings") == 0


def test_an_over_long_text_keeps_its_head_and_its_tail(
    server: ScriptedOllama, embedder: OllamaEmbedder
) -> None:
    batch = embedder.embed_documents(["HEAD " + "middle " * 5000 + " TAIL"])
    (sent,) = inputs(server)
    assert batch.failures == {}
    assert sent[0].startswith("search_document: HEAD")
    assert sent[0].endswith("TAIL")
    assert len(sent[0]) < 7000


def test_a_text_whose_tokens_were_underestimated_is_cut_until_it_fits(
    server: ScriptedOllama, embedder: OllamaEmbedder
) -> None:
    server.model.characters_per_token = 1.0
    texts = ["HEAD " + "+-*/" * 3000 + " TAIL", *(f"short {index}" for index in range(40))]
    batch = embedder.embed_documents(texts)
    assert batch.failures == {}
    assert np.linalg.norm(batch.vectors, axis=1) == pytest.approx(np.ones(41))
    fitted = [text for one in inputs(server) for text in one if "HEAD" in text][-1]
    assert fitted.endswith("TAIL")
    assert len(fitted) < 2048


def test_an_empty_text_fails_alone_and_is_not_sent(server: ScriptedOllama, embedder: OllamaEmbedder) -> None:
    batch = embedder.embed_documents(["", "a", " \n"])
    assert set(batch.failures) == {0, 2}
    assert inputs(server) == [["search_document: a"]]
    with pytest.raises(NothingToEmbed):
        embedder.embed_query("  ")


def test_a_lone_surrogate_is_embedded(embedder: OllamaEmbedder) -> None:
    assert embedder.embed_documents(["caf\udce9"]).failures == {}
    assert embedder.embed_query("caf\udce9").shape == (DIMENSION,)


def test_no_texts_cost_no_embedding(server: ScriptedOllama, embedder: OllamaEmbedder) -> None:
    assert embedder.embed_documents([]).vectors.shape == (0, DIMENSION)
    assert inputs(server) == []


def test_work_is_spread_over_the_hosts() -> None:
    with ScriptedOllama() as one, ScriptedOllama() as two:
        one.model.seconds_per_text = two.model.seconds_per_text = 0.001
        with OllamaEmbedder(EMBED_MODEL, [one.url, two.url], IMPATIENT) as embedder:
            batch = embedder.embed_documents([f"text {index}" for index in range(640)])
        assert batch.failures == {}
        assert one.count("/api/embed") + two.count("/api/embed") == 20
        assert min(one.count("/api/embed"), two.count("/api/embed")) >= 7


def test_a_slow_host_gets_less_of_the_work() -> None:
    with ScriptedOllama() as slow, ScriptedOllama() as fast:
        slow.model.seconds_per_text, fast.model.seconds_per_text = 0.01, 0.001
        with OllamaEmbedder(EMBED_MODEL, [slow.url, fast.url], IMPATIENT) as embedder:
            embedder.embed_documents([f"text {index}" for index in range(640)])
        assert fast.count("/api/embed") > 2 * slow.count("/api/embed")
