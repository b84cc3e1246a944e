"""Whole nights on the local tier: vectors first, then descriptions as far as time allows."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from index_store.generations import serving_manifest
from index_store.schema import SummariserRecord
from indexer.carry_over import read_carry_over
from indexer.night_options import DescriptionLimits
from indexer.night_report import NightReport
from model_chain.backends.ollama import OllamaEmbedder, OllamaSummariser
from tests.nights import World
from tests.servers.scripted_ollama import (
    CHAT_MODEL,
    EMBED_MODEL,
    GOOD_REPLY,
    IMPATIENT,
    QWEN,
    ScriptedOllama,
)

LLM = f"{CHAT_MODEL}@{QWEN.digest[:12]}+p1"


def body(name: str, calls: str = "") -> str:
    """A function that is too long to be trivial."""
    return (
        f"def {name}(values, limit):\n"
        f"    total = 0\n"
        f"    for value in values:\n"
        f"        if value > limit:\n"
        f"            total += value * {len(name)}\n"
        f"    return {calls or 'total'}\n"
    )


Night = Callable[..., NightReport]


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.commit(
        "shop", {"a.py": f"{body('alpha')}\n\n{body('beta', 'gamma(total)')}", "c.py": body("gamma")}
    )
    return world


@pytest.fixture
def night(world: World, server: ScriptedOllama) -> Night:
    """One night of the world with models of the server; a second call is the next night."""

    def run(**options: object) -> NightReport:
        with (
            OllamaEmbedder(EMBED_MODEL, [server.url], IMPATIENT) as embedder,
            OllamaSummariser(CHAT_MODEL, [server.url], IMPATIENT) as describer,
        ):
            return world.night(embedder=embedder, describer=describer, **options)  # type: ignore[arg-type]

    return run


def asked(server: ScriptedOllama) -> list[str]:
    """The names the chat model was asked about, in order."""
    questions = [call.body["messages"][1]["content"] for call in server.calls if call.route == "/api/chat"]
    return [question.split("Name: ")[1].split("\n")[0] for question in questions]


def sources(world: World) -> dict[str, str]:
    return {chunk.symbol: chunk.summary_source for chunk in world.stored()}


def test_vectors_are_published_first_then_the_models_descriptions(
    world: World, server: ScriptedOllama, night: Night
) -> None:
    seen: dict[str, tuple[int, int]] = {}

    def watch(step: str) -> None:
        manifest = serving_manifest(world.state)
        seen[step] = (manifest.generation if manifest else 0, server.count("/api/chat"))

    report = night(failpoint=watch)
    assert seen["descriptions"] == (1, 0)
    assert (report.generation, report.outcome) == (2, "ok")
    assert set(sources(world).values()) == {LLM}
    assert {chunk.summary for chunk in world.stored()} == {GOOD_REPLY}
    assert report.descriptions is not None
    assert (report.descriptions.waiting, report.descriptions.described, report.descriptions.stored) == (
        3,
        3,
        3,
    )


def test_a_night_switches_models_three_times_at_most(server: ScriptedOllama, night: Night) -> None:
    night()
    assert [model for model, _ in server.model.loads] == [
        f"{EMBED_MODEL}:latest",
        CHAT_MODEL,
        f"{EMBED_MODEL}:latest",
    ]


def test_a_second_night_asks_nothing_and_publishes_nothing(server: ScriptedOllama, night: Night) -> None:
    night()
    before = server.count("/api/chat"), server.count("/api/embed")
    report = night()
    assert (server.count("/api/chat"), server.count("/api/embed")) == before
    assert not report.published


def test_what_changed_is_described_before_what_is_left_and_the_most_called_first(
    world: World, server: ScriptedOllama, night: Night
) -> None:
    night(limits=DescriptionLimits(max_per_night=1))
    assert asked(server) == ["gamma"]
    world.commit("shop", {"new.py": body("newest")})
    night(limits=DescriptionLimits(max_per_night=1))
    assert asked(server) == ["gamma", "newest"]


def test_identical_code_is_described_once_and_trivial_code_not_at_all(
    world: World, server: ScriptedOllama, night: Night
) -> None:
    world.commit(
        "shop",
        {"copy.py": body("gamma"), "get.py": "class Box:\n    def size(self):\n        return self._size\n"},
    )
    report = night()
    assert sorted(asked(server)) == ["alpha", "beta", "gamma"]
    assert report.descriptions is not None
    assert (report.descriptions.identical, report.descriptions.stored) == (1, 4)
    assert report.descriptions.trivial >= 1
    assert sources(world)["Box.size"].startswith("extractive")


def test_moved_code_keeps_its_description_from_the_first_publish_on(
    world: World, server: ScriptedOllama, night: Night
) -> None:
    night()
    world.commit("shop", {"c.py": None, "elsewhere/d.py": body("gamma")})
    before = server.count("/api/chat")
    report = night()
    assert server.count("/api/chat") == before
    assert report.descriptions is not None
    assert report.descriptions.from_cache == 1
    assert set(sources(world).values()) == {LLM}


def test_a_deadline_in_the_middle_publishes_what_is_done_and_the_next_night_begins_with_the_rest(
    world: World, server: ScriptedOllama, night: Night
) -> None:
    world.commit("shop", {f"f{number}.py": body(f"function_{number}") for number in range(40)})
    server.model.seconds_per_reply = 0.05
    deadline: list[float] = []

    def begin(step: str) -> None:
        if step == "descriptions":
            limits_deadline = time.time() + 0.5
            deadline.append(limits_deadline)
            object.__setattr__(limits, "deadline", limits_deadline)

    limits = DescriptionLimits(deadline=time.time() + 3600)
    report = night(limits=limits, failpoint=begin)
    assert report.outcome == "ok"
    assert report.descriptions is not None
    described = report.descriptions.described
    assert 0 < described < 43
    assert report.descriptions.carried_over == 43 - described == len(read_carry_over(world.state).waiting)
    assert "deadline" in report.descriptions.stopped
    assert list(sources(world).values()).count(LLM) == described
    first = set(asked(server))
    before = server.count("/api/chat")
    after = night()
    assert after.descriptions is not None
    assert server.count("/api/chat") - before == 43 - described
    assert not first & set(asked(server)[before:])
    assert (after.descriptions.carried_over, read_carry_over(world.state).waiting) == (0, {})


def test_the_manifest_remembers_who_describes(world: World, night: Night) -> None:
    night()
    manifest = serving_manifest(world.state)
    assert manifest is not None
    assert manifest.summariser == SummariserRecord("ollama", CHAT_MODEL, QWEN.digest)


def test_rates_are_remembered_for_the_next_plan(world: World, server: ScriptedOllama, night: Night) -> None:
    world.commit("shop", {f"f{number}.py": body(f"function_{number}") for number in range(20)})
    server.model.seconds_per_reply = 0.01
    night()
    assert read_carry_over(world.state).seconds_per_description >= 0.01
    assert read_carry_over(world.state).seconds_per_vector > 0


def test_a_backlog_that_cannot_be_read_costs_nothing_but_ages(
    world: World, server: ScriptedOllama, night: Night
) -> None:
    night(limits=DescriptionLimits(max_per_night=1))
    (world.state / "carry_over.json").write_text("{nonsense")
    night()
    assert sorted(asked(server)) == ["alpha", "beta", "gamma"]
