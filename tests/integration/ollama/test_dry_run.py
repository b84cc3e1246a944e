"""`nightdex run --dry-run` against a server that counts: what is due is said, nothing is asked or written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index_store.generations import list_generations
from nightdex.cli import _run
from tests.nights import World
from tests.servers.scripted_ollama import ScriptedOllama

CODE = "".join(
    f"def {name}(values, limit):\n    total = 0\n    for value in values:\n        if value > limit:\n"
    f"            total += value * {number}\n    return total\n\n\n"
    for number, name in enumerate(("alpha", "beta", "gamma"))
)


@pytest.fixture
def world(tmp_path: Path, server: ScriptedOllama, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path)
    world.commit("shop", {"a.py": CODE, "b.py": f"{CODE}def get(self):\n    return self.x\n"})
    (tmp_path / "repos.toml").write_text(
        f'[index]\nstate_dir = "state"\n[embedding]\nhosts = ["{server.url}"]\n[[repo]]\npath = "code/shop"\n'
    )
    monkeypatch.chdir(tmp_path)
    return world


def forecast(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    capsys.readouterr()
    assert _run(["run", "--dry-run", "--json"]) == 0
    told: dict[str, object] = json.loads(capsys.readouterr().out)
    return told


def test_a_dry_run_says_what_the_night_then_does(
    world: World, server: ScriptedOllama, capsys: pytest.CaptureFixture[str]
) -> None:
    told = forecast(capsys)
    assert (told["files"], told["descriptions"], told["identical"], told["trivial"]) == (2, 3, 3, 1)
    assert (told["nights"], told["hours_per_night"], told["measured"]) == (1, 3.0, False)
    assert (server.count("/api/embed"), server.count("/api/chat")) == (0, 0)
    assert list_generations(world.state) == []

    assert _run(["run", "--json"]) == 0
    night = json.loads(capsys.readouterr().out)
    assert night["totals"]["chunks"] == told["chunks"]
    assert night["descriptions"]["asked"] == told["descriptions"]
    sent = sum(len(call.body["input"]) for call in server.calls if call.route == "/api/embed")
    assert sent == told["embeddings"]

    assert forecast(capsys)["descriptions"] == 0
    world.commit("shop", {"b.py": CODE.replace("alpha", "delta")})
    told = forecast(capsys)
    assert (told["files"], told["descriptions"], told["known"]) == (1, 1, 2)


def test_what_a_limit_left_over_is_due_again_and_status_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NIGHTDEX_SUMMARIES__MAX_PER_NIGHT", "1")
    assert _run(["run"]) == 0
    assert "2 descriptions wait for the next night: max_per_night = 1" in capsys.readouterr().out
    assert _run(["status"]) == 0
    assert "descriptions by qwen2.5:14b; 2 wait for a night" in capsys.readouterr().out
    assert _run(["run", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "descriptions due: 2, 5 s at 2.5 s each (assumed until a night has measured it)" in told
    assert "nights of 3 h: 2" in told
    assert list_generations(world.state) == [1, 2]
