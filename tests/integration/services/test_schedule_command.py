"""The real `nightdex schedule`, its real nights, real signals."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index_store.check import check
from index_store.generations import current_generation
from indexer.runlock import run_lock
from nightdex.schedule import NightProcess, run_command
from tests.nights import World
from tests.servers.scripted_ollama import HANG, ScriptedOllama

PATIENCE = 60.0


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.commit("shop", {"cart.py": "def cart_total(items):\n    return sum(items)\n"})
    return world


def configure(world: World, embedding: str = 'provider = "embedded"') -> Path:
    file = world.root / "repos.toml"
    file.write_text(
        f'[index]\nstate_dir = "state"\n[embedding]\n{embedding}\n[summaries]\nprovider = "extractive"\n'
        '[[repo]]\npath = "code/shop"\n'
    )
    return file


@contextmanager
def scheduling(file: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "nightdex", "schedule", "--config", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def logged(process: subprocess.Popen[str], event: str) -> dict[str, object]:
    """Read the log until an event; fails with what was read when it does not come."""
    assert process.stderr is not None
    read = []
    for line in process.stderr:
        read.append(line)
        if line.startswith("{") and json.loads(line)["event"] == event:
            return dict(json.loads(line))
    raise AssertionError(f"no {event} in {read}")


def stop(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> int:
    process.send_signal(number)
    process.communicate(timeout=PATIENCE)
    return process.returncode


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_schedule_begins_with_the_night_that_was_missed_and_ends_when_told(
    world: World, number: int
) -> None:
    with scheduling(configure(world)) as process:
        assert logged(process, "schedule_began")["catch_up"] is True
        logged(process, "night_ended")
        assert stop(process, number) == 0
    assert check(world.state, current_generation(world.state)) == []
    with scheduling(configure(world)) as process:
        assert logged(process, "schedule_began")["catch_up"] is False
        assert stop(process) == 0


def test_a_schedule_that_is_stopped_during_a_night_exits_with_130_and_the_next_run_finishes(
    world: World,
) -> None:
    with ScriptedOllama() as server:
        file = configure(world, f'provider = "ollama"\nhosts = ["{server.url}"]')
        server.fail_always("/api/embed", HANG)
        with scheduling(file) as process:
            logged(process, "night_began")
            while server.count("/api/embed") == 0:
                assert process.poll() is None
                time.sleep(0.05)
            began = time.monotonic()
            assert stop(process) == 130
            assert time.monotonic() - began < 30
        server.fail_always("/api/embed", None)
        done = subprocess.run(
            [sys.executable, "-m", "nightdex", "run", "--config", str(file)],
            capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("generation 1 published")


def test_a_night_that_does_not_listen_is_killed_with_its_workers(tmp_path: Path) -> None:
    deaf = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "worker = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])\n"
        f"open({str(tmp_path / 'worker')!r}, 'w').write(str(worker.pid))\n"
        f"open({str(tmp_path / 'up')!r}, 'w').close()\n"
        "time.sleep(300)\n"
    )
    night = NightProcess([sys.executable, "-c", deaf], grace=0.5)
    running = threading.Thread(target=night.run)
    running.start()
    while not (tmp_path / "up").exists():
        time.sleep(0.05)
    assert night.stop()
    running.join(PATIENCE)
    assert not running.is_alive()
    worker = Path("/proc", (tmp_path / "worker").read_text())
    while worker.exists() and " Z " not in (worker / "stat").read_text():
        time.sleep(0.05)
    assert not night.stop()
    night.run()  # begins none any more


def test_two_owners_of_the_schedule_do_no_harm(world: World) -> None:
    file = configure(world)
    with run_lock(world.state), scheduling(file) as process:
        logged(process, "night_left_to_another_run")
        assert process.poll() is None
        assert stop(process) == 0


def test_a_repository_that_the_schedule_is_started_in_lends_it_no_modules(world: World) -> None:
    world.commit("shop", {"json.py": "import pathlib\npathlib.Path('RAN').touch()\n"})
    done = subprocess.run(
        run_command(configure(world)), cwd=world.folder("shop"), check=False, capture_output=True
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (world.folder("shop") / "RAN").exists()
