"""Part f: how long commands take to start, beside `python3 -c pass`, and a server to be ready."""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.speed.command import NIGHTDEX, time_command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.speed.options import SpeedOptions

RUNS = 20
FLOOR = "python3 -c pass"
READY_SECONDS = 60.0
HOOK = {
    "hook_event_name": "PreToolUse",
    "tool_name": "Bash",
    "tool_input": {"command": "git status"},
    "cwd": "/",
}


def run_startup(options: SpeedOptions) -> dict[str, Any]:
    """f: the median of 20, and the least of them, which a busy machine disturbs less."""
    if options.state is None:
        raise SystemExit("part f searches: name an index with --state")
    config, log = options.work / "startup.toml", options.work / "startup.log"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config.write_text(
        f'[index]\nstate_dir = "{options.state}"\n[api]\nport = {port}\n[[repo]]\npath = "{options.work}"\n'
    )
    search = [*NIGHTDEX, "search", "parse arguments", "--config", str(config)]
    commands: dict[str, tuple[list[str], bytes]] = {
        FLOOR: ([sys.executable, "-c", "pass"], b""),
        "nightdex --help": ([*NIGHTDEX, "--help"], b""),
        "nightdex-guard": ([sys.executable, "-m", "model_chain.guard.hook"], json.dumps(HOOK).encode()),
        "nightdex search, a server answers": (search, b""),
        "the same with --json": ([*search, "--json"], b""),
        "nightdex search --no-server": ([*search, "--no-server"], b""),
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    with _serving(config, port, log) as ready:
        # In turn, so that whatever else the machine does meets all of them alike.
        for _ in range(RUNS):
            for name, command in commands.items():
                times[name].append(time_command(*command).wall)
    answered = sum(json.loads(line)["answered"] for line in log.open() if '"command"' in line)
    if answered != 2 * RUNS:
        raise SystemExit(f"the server answered {answered} of {2 * RUNS} searches")
    result = {name: {"median": statistics.median(took), "least": min(took)} for name, took in times.items()}
    floor = result[FLOOR]["median"]
    print(f"{'':36}{'median s':>9}{'least s':>9}  x {FLOOR}")
    for name, took in result.items():
        print(f"{name:36}{took['median']:9.3f}{took['least']:9.3f}{took['median'] / floor:8.1f}")
    print(f"{'server ready':36}{ready:9.3f}{'':9}{ready / floor:8.1f}")
    return {"commands": result, "server_ready": ready}


@contextmanager
def _serving(config: Path, port: int, log: Path) -> Iterator[float]:
    """A server for the length of the block; yields how long it took until it said that it was ready."""
    began = time.perf_counter()
    serve = [*NIGHTDEX, "serve", "--config", str(config)]
    with log.open("w") as said, subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=said) as server:
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
