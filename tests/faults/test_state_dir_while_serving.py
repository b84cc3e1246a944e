"""The state directory goes, comes back, or may no longer be written, under a real server."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.nights import World
from tests.server_process import server


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.commit("shop", {"a.py": "def first():\n    return 1\n"})
    world.night()
    return world


def search(address: str, text: str) -> tuple[int, dict[str, Any]]:
    reply = httpx.get(f"{address}/v1/search", params={"query": text, "mode": "symbol"}, timeout=30)
    return reply.status_code, reply.json()


def wait_for(address: str, symbol: str) -> None:
    for _ in range(200):
        status, told = search(address, symbol)
        if status == 200 and [hit["symbol"] for hit in told["hits"]] == [symbol]:
            return
        time.sleep(0.1)
    pytest.fail(f"{symbol} was never found")


def test_a_state_directory_that_vanishes_fails_searches_clearly_and_heals_when_it_is_back(
    world: World,
) -> None:
    with server(world.state) as (address, process):
        wait_for(address, "first")
        away = world.state.rename(world.root / "away")
        for _ in range(15):
            status, told = search(address, "first")
            assert (status, told.get("code")) in {(200, None), (503, "index_not_ready")}
            time.sleep(0.1)
        assert httpx.get(f"{address}/healthz", timeout=30).status_code == 200
        away.rename(world.state)
        wait_for(address, "first")
        world.commit("shop", {"b.py": "def second():\n    return 2\n"})
        world.night()
        wait_for(address, "second")
        assert process.poll() is None


def test_a_state_directory_that_may_only_be_read_serves_as_before(world: World) -> None:
    """As when a disk turns read-only: neither counts nor the file of the vectors can be written."""
    readable = world.root / "readonly"
    readable.mkdir()
    mounted = subprocess.run(
        ["mount", "--bind", str(world.state), str(readable)], check=False, capture_output=True
    )
    if mounted.returncode:
        for folder in (world.state, *(one for one in world.state.rglob("*") if one.is_dir())):
            folder.chmod(0o555)
        readable.rmdir()
        readable.symlink_to(world.state)
    else:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(readable)], check=True)
    try:
        with server(readable) as (address, process):
            wait_for(address, "first")
            assert process.poll() is None
    finally:
        if mounted.returncode:
            for folder in (world.state, *(one for one in world.state.rglob("*") if one.is_dir())):
                folder.chmod(0o755)
        else:
            subprocess.run(["umount", "-l", str(readable)], check=True)
