"""A query's vector comes from the index's own model, within 300 ms, or the answer from BM25 alone says so."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index_store.generations import current_generation, generation_dir
from index_store.manifest import read_manifest
from nightdex.cli import _run
from tests.local_tier import LocalTier
from tests.servers import scripted_ollama as scripted
from tests.servers.scripted_ollama import EMBED_MODEL, NOMIC, Fault, ScriptedOllama

pytestmark = pytest.mark.anyio

OTHER = replace(NOMIC, name="mxbai-embed-large:latest", digest="5" * 64, embedding_length=1024)
QUESTION = "refresh an expired session token"


def dense(answer: dict[str, Any]) -> bool:
    """Whether vectors took part in the answer."""
    return any(hit["why"]["code"] is not None for hit in answer["hits"])


def found_by_words(answer: dict[str, Any]) -> bool:
    return not dense(answer) and bool(answer["hits"][0]["symbol"] == "refresh_session")


async def test_a_search_costs_one_embedding_and_the_same_search_none(tier: LocalTier) -> None:
    async with tier.serving() as client:
        before = len(tier.asked())
        answer = await client.search(QUESTION, mode="hybrid")
        assert answer["degraded"] == []
        assert dense(answer)
        assert answer["index"]["embedder"] == f"ollama/{EMBED_MODEL}@{NOMIC.digest[:12]}"
        assert [one["input"] for one in tier.asked()[before:]] == [[f"search_query: {QUESTION}"]]
        assert (await client.search(QUESTION, mode="raw"))["hits"]
        assert len(tier.asked()) == before + 1
        await client.search("cart", mode="symbol")
        await client.search("cart", mode="exact")
        assert len(tier.asked()) == before + 1


async def test_a_hanging_embedder_costs_the_deadline_once(tier: LocalTier) -> None:
    async with tier.serving() as client:
        tier.server.fail_always("/api/embed", scripted.HANG)
        began = time.perf_counter()
        answer = await client.search(QUESTION)
        assert 0.3 <= time.perf_counter() - began < 1.5
        assert answer["degraded"] == [f"embedder timeout: ollama/{EMBED_MODEL} gave no vector within 300 ms"]
        assert found_by_words(answer)
        began = time.perf_counter()
        again = await client.search("cart total")
        assert time.perf_counter() - began < 0.3  # it is left alone for a while
        assert again["degraded"] == answer["degraded"]
        ready = (await client.http.get("/readyz")).json()
        assert (ready["status"], ready["degraded"]) == ("ready", answer["degraded"])


async def test_a_model_that_is_still_loading_is_used_once_it_is_there(tier: LocalTier) -> None:
    async with tier.serving() as client:
        tier.server.fail_next("/api/embed", scripted.late(0.7))
        assert "embedder timeout" in (await client.search(QUESTION))["degraded"][0]
        await asyncio.sleep(0.8)
        calls = len(tier.asked())
        answer = await client.search(QUESTION)
        assert answer["degraded"] == []
        assert dense(answer)
        assert len(tier.asked()) == calls
        assert (await client.search("cart total"))["degraded"] == []


async def test_an_ollama_that_is_gone_and_comes_back(
    tier: LocalTier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search_api.retrieval.vector.EMBEDDER_COOLDOWN_S", 0.05)
    async with tier.serving() as client:
        tier.server.stop()
        answer = await client.search(QUESTION)
        (sentence,) = answer["degraded"]
        assert sentence.startswith(
            f"embedder gone: ollama/{EMBED_MODEL}: {tier.server.url} cannot be reached"
        )
        assert "start Ollama" in sentence
        assert found_by_words(answer)
        with ScriptedOllama(tier.server.model, port=tier.server.port):
            await asyncio.sleep(1.1)  # Ollama's own client leaves a dead host alone for a second at most
            assert (await client.search(QUESTION))["degraded"] == []


FAULTS = {
    "wrong dimension": (scripted.wrong_dimension, "failed"),
    "NaN": (scripted.NOT_A_NUMBER, "failed"),
    "NaN in the JSON": (scripted.literal_nan, "failed"),
    "no vector": (scripted.short_list, "failed"),
    "no direction": (scripted.zero_vector, "failed"),
    "always too long": (scripted.TOO_LONG, "failed"),
    "refused": (scripted.host_not_allowed, "failed"),
    "a page": (scripted.html, "gone"),
    "out of memory": (scripted.OUT_OF_MEMORY, "gone"),
    "queue full": (scripted.QUEUE_FULL, "gone"),
    "cut off": (scripted.cut_at(200), "gone"),
    "deleted": (scripted.NOT_FOUND, "missing"),
}


@pytest.mark.parametrize(("fault", "kind"), FAULTS.values(), ids=FAULTS)
async def test_whatever_ollama_answers_words_still_find(tier: LocalTier, fault: Fault, kind: str) -> None:
    async with tier.serving() as client:
        tier.server.fail_always("/api/embed", fault)
        answer = await client.search(QUESTION)
        assert found_by_words(answer)
        (sentence,) = answer["degraded"]
        assert sentence.startswith(f"embedder {kind}: ollama/{EMBED_MODEL}: ")


async def test_an_index_whose_model_was_replaced_answers_by_words_until_it_is_rebuilt(
    tier: LocalTier,
) -> None:
    tier.server.model.models[0] = replace(tier.server.model.models[0], digest="f" * 64)
    async with tier.serving() as client:
        answer = await client.search(QUESTION)
        (sentence,) = answer["degraded"]
        assert sentence.startswith("embedder changed: ")
        assert "another build" in sentence
        assert found_by_words(answer)
        assert all("search_query" not in str(one) for one in tier.asked())  # none of its vectors is compared
        report = await asyncio.to_thread(tier.night)
        assert report.published
        await client.follow()
        answer = await client.search(QUESTION)
        assert answer["degraded"] == []
        assert answer["index"]["embedder"].endswith("@ffffffffffff")
        assert dense(answer)
    embedded = sum(repository.embedded for repository in report.repositories)
    assert embedded > 0
    assert sum(repository.embeddings_reused for repository in report.repositories) == 0


async def test_while_another_model_rebuilds_the_old_index_serves_with_its_own(tier: LocalTier) -> None:
    tier.server.model.models.append(OTHER)
    first = current_generation(tier.world.state)
    async with tier.serving() as client:
        loop = asyncio.get_running_loop()
        seen: list[dict[str, Any]] = []

        def in_the_middle(step: str) -> None:
            if step == "publish":
                asked = asyncio.run_coroutine_threadsafe(client.search("total of the cart"), loop)
                seen.append(asked.result(10))

        report = await asyncio.to_thread(tier.night, "mxbai-embed-large", failpoint=in_the_middle)
        (during,) = seen
        assert during["index"]["generation"] == first
        assert (during["degraded"], dense(during)) == ([], True)
        await client.follow()
        after = await client.search("total of the cart")
        assert after["degraded"] == []
        assert after["index"]["embedder"] == f"ollama/mxbai-embed-large@{OTHER.digest[:12]}"
    queries = [one for one in tier.asked() if "total of the cart" in str(one["input"])]
    assert [one["model"] for one in queries] == [EMBED_MODEL, "mxbai-embed-large"]
    manifest = read_manifest(generation_dir(tier.world.state, report.generation))
    assert (manifest.embedder.dimension, manifest.embedder.prefix_scheme) == (1024, "passages@1")


@pytest.fixture
def command_line(tier: LocalTier, monkeypatch: pytest.MonkeyPatch) -> LocalTier:
    """A tier whose repos.toml is in the current directory, for the real command."""
    root: Path = tier.world.root
    monkeypatch.chdir(root)
    (root / "repos.toml").write_text(
        f'[index]\nstate_dir = "state"\n[embedding]\nprovider = "ollama"\nhosts = ["{tier.server.url}"]\n'
        '[[repo]]\npath = "code/shop"\n'
    )
    return tier


def test_the_command_line_says_what_it_did_without(
    command_line: LocalTier, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search_api.retrieval.vector.EMBEDDER_WARM_UP_S", 0.3)
    command_line.server.fail_always("/api/embed", scripted.HANG)
    sentence = f"embedder timeout: ollama/{EMBED_MODEL} gave no vector within 300 ms"
    assert _run(["search", QUESTION]) == 0
    shown = capsys.readouterr()
    assert f"! {sentence}" in shown.out.splitlines()
    assert "refresh_session" in shown.out
    assert _run(["search", QUESTION, "--json"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["degraded"] == [sentence]
    assert _run(["search", QUESTION, "--vimgrep"]) == 0
    shown = capsys.readouterr()
    assert sentence not in shown.out
    assert shown.err == f"nightdex: {sentence}\n"
    assert _run(["search", "refresh_session", "--mode", "symbol"]) == 0
    assert "embedder" not in capsys.readouterr().out


@pytest.mark.usefixtures("command_line")
def test_a_search_that_meets_its_deadline_says_so_on_the_command_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless(*_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr("search_api.search.SEARCH_DEADLINE_S", 0.05)
    monkeypatch.setattr("search_api.search._Search._lists", endless)
    assert _run(["search", QUESTION]) == 1
    assert "narrow it with repo: or path:" in capsys.readouterr().err
    assert _run(["search", QUESTION, "--json"]) == 1
    assert json.loads(capsys.readouterr().err)["code"] == "search_timed_out"
