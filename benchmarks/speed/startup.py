"""Part f: how long commands take to start, beside `python3 -c pass`, and a server to be ready."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.speed.command import NIGHTDEX, median_of, time_command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.speed.options import SpeedOptions

RUNS = 20
READY_SECONDS = 60.0
HOOK = {
    "hook_event_name": "PreToolUse",
    "tool_name": "Bash",
    "tool_input": {"command": "git status"},
    "cwd": "/",
}


def run_startup(options: SpeedOptions) -> dict[str, Any]:
    """f: medians of 20."""
    if options.state is None:
        raise SystemExit("part f searches: name an index with --state")
    config = options.work / "startup.toml"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config.write_text(
        f'[index]\nstate_dir = "{options.state}"\n[api]\nport = {port}\n[[repo]]\npath = "{options.work}"\n'
    )
    guard = [sys.executable, "-m", "model_chain.guard.hook"]
    search = [*NIGHTDEX, "search", "parse arguments", "--json", "--config", str(config)]
    result = {
        "python3 -c pass": median_of(RUNS, lambda: time_command([sys.executable, "-c", "pass"])),
        "nightdex --help": median_of(RUNS, lambda: time_command([*NIGHTDEX, "--help"])),
        "nightdex-guard": median_of(RUNS, lambda: time_command(guard, json.dumps(HOOK).encode())),
    }
    with _serving(config, port) as ready:
        result["server ready"] = ready
        result["nightdex search, server running"] = median_of(RUNS, lambda: time_command(search))
    result["nightdex search, no server"] = median_of(3, lambda: time_command(search))
    floor = result["python3 -c pass"]
    for name, seconds in result.items():
        print(f"{name:34}{seconds:7.3f} s  {seconds / floor:6.1f} x python3 -c pass")
    return result


@contextmanager
def _serving(config: Path, port: int) -> Iterator[float]:
    """A server for the length of the block; yields how long it took until it said that it was ready."""
    began = time.perf_counter()
    with subprocess.Popen(
        [*NIGHTDEX, "serve", "--config", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            while not _is_ready(port):
                if server.poll() is not None or time.perf_counter() - began > READY_SECONDS:
                    raise SystemExit("nightdex serve did not become ready")
                time.sleep(0.01)
            yield time.perf_counter() - began
        finally:
            server.terminate()


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
