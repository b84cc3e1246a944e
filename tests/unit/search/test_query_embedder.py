from __future__ import annotations

import time

import pytest

from index_store.schema import EmbedderRecord
from model_chain.errors import ModelMissing
from model_chain.protocol import Embedder
from model_chain.testing import FakeEmbedder
from search_api.retrieval.vector import NoVector, QueryEmbedder


def record(embedder: Embedder) -> EmbedderRecord:
    have = embedder.fingerprint
    return EmbedderRecord(have.provider, have.model, have.digest, have.dimension, have.prefix_scheme)


async def ask(embedder: QueryEmbedder, text: str = "a question") -> object:
    try:
        return await embedder.vector(text)
    except NoVector as reason:
        return str(reason)


@pytest.mark.anyio
async def test_the_same_question_is_embedded_once() -> None:
    fake = FakeEmbedder()
    embedder = QueryEmbedder(record(fake), lambda _: fake)
    first = await ask(embedder)
    fake.down = True
    assert await ask(embedder) is first
    embedder.close()


@pytest.mark.anyio
async def test_another_embedder_than_the_generations_gives_no_vector() -> None:
    other = FakeEmbedder(digest="1" * 64)
    embedder = QueryEmbedder(record(FakeEmbedder()), lambda _: other)
    assert "install that model or rebuild the index" in str(await ask(embedder))
    embedder.close()


@pytest.mark.anyio
async def test_a_missing_model_gives_no_vector() -> None:
    def missing(_: EmbedderRecord) -> Embedder:
        raise ModelMissing("Run `ollama pull nomic-embed-text`.")

    embedder = QueryEmbedder(record(FakeEmbedder()), missing)
    await embedder.warm_up()
    assert "ollama pull" in str(await ask(embedder))
    embedder.close()


@pytest.mark.anyio
async def test_a_late_embedder_is_given_up_on_time_and_left_alone_for_a_while() -> None:
    slow = FakeEmbedder(delay=0.5)
    embedder = QueryEmbedder(record(slow), lambda _: slow, deadline_s=0.05)
    started = time.perf_counter()
    assert "no vector within 50 ms" in str(await ask(embedder))
    assert "no vector within 50 ms" in str(await ask(embedder, "another"))
    assert time.perf_counter() - started < 0.3
    embedder.close()


@pytest.mark.anyio
async def test_a_text_that_cannot_be_embedded_does_not_rest_the_embedder() -> None:
    fake = FakeEmbedder(fail_on=["poison"])
    embedder = QueryEmbedder(record(fake), lambda _: fake)
    assert "told to fail" in str(await ask(embedder, "poison"))
    assert not isinstance(await ask(embedder, "fine"), str)
    embedder.close()
