"""`nightdex run` is stopped in three ways while it describes: what was said is never asked again.

NIGHTDEX_KILLS says how often it is killed; tests/integration/ollama kills the cache alone twenty times.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.describer import CACHE_NAME
from model_chain.limits import CALLS_PER_HOST
from model_chain.summary_cache import SummaryCache
from tests.nights import World
from tests.servers.scripted_ollama import HANG, ScriptedOllama

KILLS = int(os.environ.get("NIGHTDEX_KILLS", "4"))
FUNCTIONS = 30 * KILLS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server() -> Iterator[ScriptedOllama]:
    with ScriptedOllama() as running:
        running.model.seconds_per_reply = 0.02
        yield running


@pytest.fixture
def world(tmp_path: Path, server: ScriptedOllama) -> World:
    world = World(tmp_path)
    body = "    total = 0\n    for value in values:\n        total += value * limit\n    return total\n"
    code = "\n\n".join(f"def function_{n}(values, limit):\n{body}" for n in range(FUNCTIONS))
    world.commit("shop", {"a.py": code})
    (tmp_path / "repos.toml").write_text(
        f'[index]\nstate_dir = "state"\n[embedding]\nhosts = ["{server.url}"]\n[[repo]]\npath = "code/shop"\n'
    )
    return world


def begin(world: World) -> subprocess.Popen[str]:
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": str(world.root)}
    return subprocess.Popen(
        [sys.executable, "-m", "nightdex", "run", "--json", "--config", str(world.root / "repos.toml")],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_questions(server: ScriptedOllama, count: int, night: subprocess.Popen[str]) -> None:
    while server.count("/api/chat") < count:
        assert night.poll() is None, night.communicate()[1]
        time.sleep(0.01)


def asked(server: ScriptedOllama) -> Counter[str]:
    questions = [call.body["messages"][1]["content"] for call in server.calls if call.route == "/api/chat"]
    return Counter(question.split("Name: ")[1].split("\n")[0] for question in questions)


def test_after_kills_at_random_moments_nothing_that_was_said_is_asked_again(
    world: World, server: ScriptedOllama
) -> None:
    chance = random.Random(3)
    for _ in range(KILLS):
        before = server.count("/api/chat")
        night = begin(world)
        wait_for_questions(server, before + 1, night)
        time.sleep(chance.uniform(0.0, 0.4))
        night.kill()
        assert night.wait() == -signal.SIGKILL
        night.communicate()
    last = begin(world)
    out, _ = last.communicate()
    assert last.returncode == 0
    report = json.loads(out)["descriptions"]
    questions = asked(server)
    assert len(questions) == FUNCTIONS
    # A kill loses what was on its way: at most one question running, and one waiting for it.
    assert questions.total() - FUNCTIONS <= CALLS_PER_HOST * KILLS
    assert report["asked"] < FUNCTIONS
    assert (report["stored"], report["carried_over"]) == (FUNCTIONS, 0)


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_night_that_is_told_to_stop_does_not_wait_for_a_hanging_model_and_keeps_what_was_said(
    world: World, server: ScriptedOllama, sent: signal.Signals, status: int
) -> None:
    server.poison["Name: function_9\\n"] = HANG
    night = begin(world)
    wait_for_questions(server, 20, night)
    night.send_signal(sent)
    night.communicate(timeout=30)
    assert night.returncode == status
    with SummaryCache(world.state / CACHE_NAME) as cache:
        assert len(cache) >= 15
    assert {chunk.symbol for chunk in world.stored()} >= {"function_0", "function_9"}
