"""Load on the API while nights are published under it: errors, latency, throughput, and memory over time.

`python -m benchmarks.load [--chunks N] [--connections N] [--seconds N] [--minutes N] [--json FILE]` makes git
repositories with that many functions, indexes them with `nightdex run`, serves them with `nightdex serve`,
and asks from this process over keep-alive connections, while one commit and one `nightdex run` follow the
other. All on 127.0.0.1. First the full load for `--seconds`; then an eighth of the connections until
`--minutes` are over, while the server's memory is watched. Exits with 1 when a request failed or memory grew.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.synthetic import make_repositories, touch, words

NIGHTDEX = str(Path(sys.executable).with_name("nightdex"))

# What people and agents ask: mostly questions, some names, some literal text.
MODES = {"auto": 6, "hybrid": 6, "symbol": 3, "exact": 2, "raw": 2, "summary": 1}

# Memory may breathe; more than this from the first third to the last is growth.
GROWTH = 1.15
SAMPLE_S = 2.0


@dataclass(slots=True)
class Load:
    """What one stretch of load met. Seconds; `failures` by what was wrong."""

    latencies: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    generations: set[int] = field(default_factory=set)
    seconds: float = 0.0

    def quantile(self, share: float) -> float:
        """The latency that this share of the requests stayed below."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


@dataclass(frozen=True, slots=True)
class Result:
    """Everything measured. Milliseconds, megabytes."""

    chunks: int
    connections: int
    requests: int
    errors: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    nights: int
    failed_nights: int
    generations_seen: int
    memory_first_third_mb: float
    memory_last_third_mb: float
    memory_peak_mb: float
    minutes: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it, print the figures, and say whether the promises hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=50_000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="nightdex-load-") as scratch:
        result = measure(Path(scratch), options.chunks, options.connections, options.seconds, options.minutes)
    for name, value in asdict(result).items():
        print(f"{name:24} {value:,.1f}" if isinstance(value, float) else f"{name:24} {value:,}")
    if options.json:
        options.json.write_text(json.dumps(asdict(result), indent=1))
    promises = {
        "no request failed": result.errors == 0,
        "every night was published": result.failed_nights == 0 and result.nights > 1,
        "memory stayed flat": result.memory_last_third_mb <= GROWTH * result.memory_first_third_mb,
    }
    for promise, holds in promises.items():
        print(f"{'yes' if holds else 'NO '} {promise}")
    return 0 if all(promises.values()) else 1


def measure(scratch: Path, chunks: int, connections: int, seconds: float, minutes: float) -> Result:
    """Build, serve, load, watch."""
    repositories = make_repositories(scratch / "code", chunks)
    port = free_port()
    configuration = scratch / "repos.toml"
    configuration.write_text(
        f'[index]\nstate_dir = "state"\n[embedding]\nprovider = "embedded"\n[api]\nport = {port}\n'
        f'[[repo]]\nglob = "{scratch}/code/*"\n'
    )
    _night(configuration)
    indexed = int(json.loads(_nightdex("status", "--json", "--config", str(configuration)))["chunks"])
    with serving(configuration, port) as pid:
        memory: list[tuple[float, float]] = []
        over = threading.Event()
        outcomes: list[bool] = []
        watching = threading.Thread(target=_watch, args=(pid, over, memory))
        publishing = threading.Thread(target=_publish, args=(configuration, repositories, over, outcomes))
        asyncio.run(_load(port, connections, 5.0))  # what a first request opens is no growth
        began = time.monotonic()
        watching.start()
        publishing.start()
        full = asyncio.run(_load(port, connections, seconds))
        rest = asyncio.run(_load(port, max(1, connections // 8), max(0.0, minutes * 60 - seconds)))
        over.set()
        publishing.join()
        watching.join()
        ended = time.monotonic()
    third = (ended - began) / 3
    first = [size for at, size in memory if at < began + third]
    last = [size for at, size in memory if at > ended - third]
    return Result(
        chunks=indexed,
        connections=connections,
        requests=len(full.latencies) + len(rest.latencies),
        errors=sum((full.failures + rest.failures).values()),
        requests_per_second=len(full.latencies) / full.seconds,
        p50_ms=full.quantile(0.5) * 1000,
        p99_ms=full.quantile(0.99) * 1000,
        nights=len(outcomes),
        failed_nights=outcomes.count(False),
        generations_seen=len(full.generations | rest.generations),
        memory_first_third_mb=statistics.median(first),
        memory_last_third_mb=statistics.median(last),
        memory_peak_mb=max(size for _, size in memory),
        minutes=(ended - began) / 60,
    )


async def _load(port: int, connections: int, seconds: float) -> Load:
    """Ask over so many connections for so long; the next question goes out when the last is answered."""
    load = Load()
    began = time.monotonic()
    await asyncio.gather(*(_ask_until(port, began + seconds, number, load) for number in range(connections)))
    load.seconds = time.monotonic() - began
    for failure, count in load.failures.items():
        print(f"{count} x {failure}", file=sys.stderr)
    return load


async def _ask_until(port: int, until: float, seed: int, load: Load) -> None:
    chance = random.Random(seed)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while time.monotonic() < until:
            (mode,) = chance.choices(list(MODES), list(MODES.values()))
            text = " ".join(words(chance, 1 if mode in {"symbol", "exact"} else 4))
            address = f"/v1/search?{urlencode({'query': text, 'mode': mode})}"
            asked = time.monotonic()
            writer.write(f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            body = await reader.readexactly(int(length[1])) if length else b""
            load.latencies.append(time.monotonic() - asked)
            if not head.startswith(b"HTTP/1.1 200 "):
                load.failures[body[:300].decode(errors="replace")] += 1
            elif generation := re.search(rb'"generation":(\d+)', body):
                load.generations.add(int(generation[1]))
    except (OSError, asyncio.IncompleteReadError) as error:
        load.failures[type(error).__name__] += 1
    finally:
        writer.close()


def _publish(
    configuration: Path, repositories: Sequence[Path], over: threading.Event, outcomes: list[bool]
) -> None:
    """One commit and one night after the other."""
    number = 0
    while not over.is_set():
        touch(repositories[number % len(repositories)], number)
        number += 1
        try:
            _night(configuration)
        except subprocess.CalledProcessError as error:
            print(error.stderr, file=sys.stderr)
            outcomes.append(False)
        else:
            outcomes.append(True)


def _night(configuration: Path) -> None:
    _nightdex("run", "--config", str(configuration))


def _nightdex(*arguments: str) -> str:
    # As a night's unit runs: behind whoever is waiting for an answer.
    command = ["nice", NIGHTDEX, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@contextmanager
def serving(configuration: Path, port: int) -> Iterator[int]:
    """Run `nightdex serve` for the length of the block; gives its process id once it is ready."""
    with (configuration.parent / "serve.log").open("w") as log:
        process = subprocess.Popen([NIGHTDEX, "serve", "--config", str(configuration)], stderr=log)
        try:
            _wait_until_ready(port)
            yield process.pid
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_until_ready(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(b"GET /readyz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
                if b" 200 " in connection.recv(64):
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise TimeoutError("the server did not become ready within a minute")


def _watch(pid: int, over: threading.Event, memory: list[tuple[float, float]]) -> None:
    """Memory of its own: pages of mapped index files are the kernel's to take back."""
    while not over.wait(SAMPLE_S):
        status = Path(f"/proc/{pid}/status").read_text()
        own = next(line for line in status.splitlines() if line.startswith("RssAnon:"))
        memory.append((time.monotonic(), int(own.split()[1]) * 1024 / 1e6))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
