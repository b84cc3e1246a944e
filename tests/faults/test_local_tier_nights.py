"""Ollama fails at night in every way it has: the night is published, and its report counts and says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index_store.generations import current_generation, generation_dir, serving_manifest
from index_store.table import open_table
from indexer.limits import MAX_FAILED_DESCRIPTIONS
from indexer.night_report import NightReport
from model_chain.backends.ollama import OllamaEmbedder, OllamaSummariser, Patience
from model_chain.errors import ModelError
from tests.nights import World
from tests.servers import scripted_ollama as faults
from tests.servers.ollama_wire import Answer
from tests.servers.scripted_ollama import (
    CHAT_MODEL,
    EMBED_MODEL,
    NOMIC,
    QWEN,
    Fault,
    ScriptedOllama,
    vector_of,
)

HASTE = Patience(read=0.5, retries=1, first_pause=0.01, longest_pause=0.02)

CODE = "".join(
    f"def {name}(values, limit):\n    total = 0\n    for value in values:\n        if value > limit:\n"
    f"            total += value * {number}\n    return total\n\n\n"
    for number, name in enumerate(("alpha", "beta", "gamma"))
)

Night = Callable[..., NightReport]


@pytest.fixture
def server() -> Iterator[ScriptedOllama]:
    with ScriptedOllama() as running:
        yield running


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.commit("shop", {"a.py": CODE})
    return world


@pytest.fixture
def night(world: World, server: ScriptedOllama) -> Night:
    def run(**options: object) -> NightReport:
        with (
            OllamaEmbedder(EMBED_MODEL, [server.url], HASTE) as embedder,
            OllamaSummariser(CHAT_MODEL, [server.url], HASTE) as describer,
        ):
            return world.night(embedder=embedder, describer=describer, **options)  # type: ignore[arg-type]

    return run


def vectors(world: World, column: str) -> list[np.ndarray | None]:
    """A vector column as the current generation has it."""
    table = open_table(generation_dir(world.state, current_generation(world.state)))
    stored = table.to_arrow()[column].to_pylist()
    return [None if vector is None else np.asarray(vector, np.float32) for vector in stored]


def described(world: World) -> list[str]:
    return sorted(chunk.symbol for chunk in world.stored() if chunk.summary_source.startswith(CHAT_MODEL))


# A fault of the chat route: how its questions end, and whether the night stops asking.
OF_THE_HOST = {
    "not found": (faults.fails(404, f"model '{CHAT_MODEL}' not found"), "model_missing"),
    "queue full": (faults.QUEUE_FULL, "model_unavailable"),
    "out of memory while loading": (faults.OUT_OF_MEMORY, "model_unavailable"),
    "five minutes of loading": (faults.LOAD_TIMED_OUT, "model_unavailable"),
    "HTML": (faults.html, "model_unavailable"),
    "error in the stream": (faults.error_in_body, "model_unavailable"),
    "cut in the head": (faults.cut_at(20), "model_unavailable"),
    "cut in the body": (faults.cut_at(150), "model_unavailable"),
    "hang": (faults.HANG, "model_unavailable"),
}
OF_ONE_TEXT = {
    "broken off": (faults.not_done, "description_rejected"),
    "cut by length": (faults.cut_by_length, "description_rejected"),
    "too long": (faults.TOO_LONG, "input_too_long"),
    "the runner crashes on it": (faults.CRASHED, "description_rejected"),
}


@pytest.mark.parametrize("name", OF_THE_HOST)
def test_a_host_that_fails_ends_the_describing_with_a_cause_and_everything_waits(
    world: World, server: ScriptedOllama, night: Night, name: str
) -> None:
    fault, code = OF_THE_HOST[name]
    server.fail_always("/api/chat", fault)
    report = night()
    assert (report.outcome, report.published) == ("ok", True)
    descriptions = report.descriptions
    assert descriptions is not None
    assert set(descriptions.failures) == {code}
    assert descriptions.stopped
    assert descriptions.examples[0][1]
    assert descriptions.carried_over == 3
    assert described(world) == []


@pytest.mark.parametrize("name", OF_ONE_TEXT)
def test_a_fault_of_one_text_costs_that_text(
    world: World, server: ScriptedOllama, night: Night, name: str
) -> None:
    fault, code = OF_ONE_TEXT[name]
    server.poison["beta"] = fault
    report = night()
    assert report.outcome == "ok"
    assert report.descriptions is not None
    assert report.descriptions.failures == {code: 1}
    assert report.descriptions.examples[0][0] == "a.py: beta"
    assert described(world) == ["alpha", "gamma"]


def test_a_rejected_text_is_not_asked_about_again(server: ScriptedOllama, night: Night) -> None:
    server.poison["beta"] = faults.not_done
    night()
    before = server.count("/api/chat")
    report = night()
    assert server.count("/api/chat") == before
    assert report.descriptions is not None
    assert (report.descriptions.rejected, report.descriptions.carried_over) == (1, 0)


def test_a_model_that_refuses_everything_is_not_asked_for_ever(
    world: World, server: ScriptedOllama, night: Night
) -> None:
    world.commit("shop", {f"f{n}.py": CODE.replace("total", f"total_{n}") for n in range(10)})
    server.fail_always("/api/chat", faults.fails(403, "not for you"))
    report = night()
    assert report.descriptions is not None
    assert report.descriptions.failures["model_refused"] < MAX_FAILED_DESCRIPTIONS + 2
    assert "not for you" in report.descriptions.stopped


def test_a_server_that_dies_while_it_describes_loses_only_what_it_had_not_said(
    world: World, server: ScriptedOllama, night: Night
) -> None:
    world.commit("shop", {f"f{n}.py": CODE.replace("total", f"total_{n}") for n in range(10)})
    server.model.seconds_per_reply = 0.02
    dead: Fault = faults.cut_at(0)

    def die_later(answer: Answer) -> Answer:
        return answer if server.count("/api/chat") <= 10 else dead(answer)

    server.fail_always("/api/chat", die_later)
    report = night()
    assert report.outcome == "ok"
    assert report.descriptions is not None
    kept = report.descriptions.described
    assert kept >= 9
    assert len(described(world)) == kept
    assert report.descriptions.carried_over == 33 - kept
    assert "cannot be reached" in report.descriptions.stopped


EMBED_FAULTS = {
    "not found": faults.NOT_FOUND,
    "queue full": faults.QUEUE_FULL,
    "out of memory while loading": faults.OUT_OF_MEMORY,
    "NaN": faults.NOT_A_NUMBER,
    "NaN, as older ones say it": faults.NOT_A_NUMBER_OLD,
    "NaN in JSON": faults.literal_nan,
    "short list": faults.short_list,
    "wrong dimension": faults.wrong_dimension,
    "zero vector": faults.zero_vector,
    "HTML": faults.html,
    "hang": faults.HANG,
    "cut": faults.cut_at(100),
}


@pytest.mark.parametrize("name", EMBED_FAULTS)
def test_an_embedder_that_breaks_down_leaves_gaps_that_the_next_night_fills(
    world: World, server: ScriptedOllama, name: str
) -> None:
    with OllamaEmbedder(EMBED_MODEL, [server.url], HASTE) as embedder:
        server.fail_always("/api/embed", EMBED_FAULTS[name])
        report = world.night(embedder=embedder)
        assert (report.outcome, report.published) == ("partial", True)
        assert report.missing_vectors == 6
        assert report.embedder_breakdown
        assert "6 vectors are missing" in report.reason
        assert vectors(world, "vector_code") == [None] * 3
        server.fail_always("/api/embed", None)
        healed = world.night(embedder=embedder)
    assert (healed.outcome, healed.missing_vectors, healed.vectors_filled) == ("ok", 0, 3)
    assert all(vector is not None for vector in vectors(world, "vector_code"))


def test_one_text_that_cannot_be_embedded_has_no_vector_and_the_others_do(
    world: World, server: ScriptedOllama, night: Night
) -> None:
    server.poison["search_document: a beta"] = faults.NOT_A_NUMBER
    report = night()
    assert report.outcome == "ok"
    failures = report.repositories[0].failures
    assert [path for path, _ in failures] == ["a.py:9"]
    assert "not numbers" in failures[0][1]
    assert sum(vector is None for vector in vectors(world, "vector_code")) == 1


def test_a_server_that_dies_after_describing_loses_no_description(
    world: World, server: ScriptedOllama, night: Night
) -> None:
    def die(step: str) -> None:
        if step == "description vectors":
            server.fail_always("/api/embed", faults.cut_at(0))

    report = night(failpoint=die)
    assert report.outcome == "partial"
    assert described(world) == []
    server.fail_always("/api/embed", None)
    before = server.count("/api/chat")
    again = night()
    assert server.count("/api/chat") == before
    assert again.descriptions is not None
    assert again.descriptions.stored == 3
    assert described(world) == ["alpha", "beta", "gamma"]


def test_another_build_of_the_model_rebuilds_every_vector_and_keeps_every_description(
    world: World, server: ScriptedOllama, night: Night
) -> None:
    night()
    other = replace(NOMIC, digest="f" * 64)
    server.model.models[:] = [other, QWEN]
    before = server.count("/api/chat")
    report = night()
    assert report.outcome == "ok"
    assert server.count("/api/chat") == before
    manifest = serving_manifest(world.state)
    assert manifest is not None
    assert manifest.embedder.digest == other.digest
    sent = [text for call in server.calls if call.route == "/api/embed" for text in call.body["input"]]
    possible = np.array([vector_of(text, other) for text in sent])
    for column in ("vector_code", "vector_summary"):
        for vector in vectors(world, column):
            assert vector is not None
            assert np.max(possible @ vector) > 0.999
    assert described(world) == ["alpha", "beta", "gamma"]


def test_a_rebuild_that_breaks_off_leaves_the_old_model_serving(
    world: World, server: ScriptedOllama, night: Night
) -> None:
    first = night()
    server.model.models[:] = [replace(NOMIC, digest="f" * 64), QWEN]
    server.fail_always("/api/embed", faults.OUT_OF_MEMORY)
    with pytest.raises(ModelError):
        night()
    manifest = serving_manifest(world.state)
    assert manifest is not None
    assert (manifest.generation, manifest.embedder.digest) == (first.generation, NOMIC.digest)


def test_a_model_that_is_replaced_in_the_middle_of_the_night_is_not_mixed_in(
    world: World, server: ScriptedOllama, night: Night
) -> None:
    def pull(step: str) -> None:
        if step == "description vectors":
            server.model.models[:] = [replace(NOMIC, digest="f" * 64), QWEN]

    report = night(failpoint=pull)
    assert report.outcome == "partial"
    assert "another build" in report.embedder_breakdown
    sent = [text for call in server.calls if call.route == "/api/embed" for text in call.body["input"]]
    possible = np.array([vector_of(text, NOMIC) for text in sent])
    for column in ("vector_code", "vector_summary"):
        assert all(
            vector is not None and np.max(possible @ vector) > 0.999 for vector in vectors(world, column)
        )


def test_a_summary_cache_that_cannot_be_opened_costs_no_night(world: World, night: Night) -> None:
    (world.state / "summaries.sqlite").mkdir(parents=True)
    report = night()
    assert report.outcome == "ok"
    assert report.descriptions is not None
    assert report.descriptions.failures == {"summary_cache": 1}
    assert described(world) == ["alpha", "beta", "gamma"]
