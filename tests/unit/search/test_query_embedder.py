from __future__ import annotations

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from index_store.schema import EmbedderRecord
from model_chain.errors import ModelMissing
from model_chain.protocol import IN_PROCESS, Embedder
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
async def test_a_vector_that_came_too_late_is_kept_and_ends_the_rest() -> None:
    slow = FakeEmbedder(delay=0.2)
    embedder = QueryEmbedder(record(slow), lambda _: slow, deadline_s=0.05)
    assert "embedder timeout: fake/hashed-words gave no vector within 50 ms" in str(await ask(embedder))
    await asyncio.sleep(0.4)
    slow.down = True
    assert not isinstance(await ask(embedder), str)  # from the cache
    slow.down, slow.delay = False, 0.0
    assert not isinstance(await ask(embedder, "another"), str)  # at once, not after the rest
    embedder.close()


@pytest.mark.anyio
async def test_whatever_breaks_in_an_embedder_costs_the_vectors_and_not_the_search() -> None:
    def broken(_: EmbedderRecord) -> Embedder:
        raise RuntimeError("a library changed its mind")

    embedder = QueryEmbedder(record(FakeEmbedder()), broken)
    with capture_logs() as logs:
        said = await ask(embedder, "a secret")
    assert str(said) == "embedder failed: fake/hashed-words: RuntimeError; see the log"
    assert [(one["event"], one["kind"]) for one in logs] == [("query_embedder_broke", "RuntimeError")]
    assert "secret" not in str(logs)
    embedder.close()


@pytest.mark.anyio
async def test_an_embedder_is_made_once_and_closed_with_its_generation() -> None:
    class Counting(FakeEmbedder):
        made = closed = 0

        def close(self) -> None:
            self.closed += 1

    fake = Counting(delay=0.05)

    def make(_: EmbedderRecord) -> Embedder:
        fake.made += 1
        time.sleep(0.05)
        return fake

    embedder = QueryEmbedder(record(fake), make)
    await asyncio.gather(*(ask(embedder, f"question {number}") for number in range(4)))
    embedder.close()
    assert (fake.made, fake.closed) == (1, 1)


@pytest.mark.anyio
async def test_a_text_that_cannot_be_embedded_does_not_rest_the_embedder() -> None:
    fake = FakeEmbedder(fail_on=["poison"])
    embedder = QueryEmbedder(record(fake), lambda _: fake)
    assert "told to fail" in str(await ask(embedder, "poison"))
    assert not isinstance(await ask(embedder, "fine"), str)
    embedder.close()


@pytest.mark.anyio
async def test_a_table_in_this_process_is_never_given_up_on() -> None:
    table = FakeEmbedder(delay=0.1, provider=IN_PROCESS)
    embedder = QueryEmbedder(record(table), lambda _: table, deadline_s=0.01)
    await embedder.warm_up()
    assert not isinstance(await ask(embedder), str)
    table.down = True
    assert "embedder gone" in str(await ask(embedder, "another"))
    embedder.close()
