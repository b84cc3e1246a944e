"""What we cost beside Ollama's own work: wall time over the time the server was busy.

`python -m benchmarks.ollama_overhead [--json FILE]` asks a scripted server in another process, which works on
one call at a time as Ollama does: 8 ms a text of 768 dimensions, 50 ms a description. First the clients
alone, then a whole night over a repository made for it, and of that night its describing. `loads` counts how
often the server had to load another model.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from indexer.night_options import NightOptions
from indexer.night_report import last_report
from indexer.nightly import run_night
from indexer.sources.definition import SourceDefinition, SourceKind
from model_chain.backends.extractive import ExtractiveSummariser
from model_chain.backends.ollama import OllamaEmbedder, OllamaSummariser
from model_chain.limits import CALLS_PER_HOST
from model_chain.protocol import CodeUnit
from tests.repositories import commit
from tests.servers.scripted_ollama import (
    CHAT_MODEL,
    EMBED_MODEL,
    NOMIC,
    QWEN,
    ScriptedOllama,
    ScriptedRuntime,
)

TEXTS = 2048
UNITS = 200
MODULES = 60
FUNCTIONS_PER_MODULE = 10
SECONDS_PER_TEXT = 0.008
SECONDS_PER_REPLY = 0.05
DIMENSION = 768

_BODY = "def total(values):\n    return sum(value for value in values if value)\n"
_UNIT = CodeUnit("python", "function", "total", "def total(values)", "", ("sum",), "totals.py", _BODY * 20)


@dataclass(frozen=True, slots=True)
class Server:
    """What the server counted so far."""

    busy_seconds: float = 0.0
    loads: int = 0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """One kind of work: seconds of wall time, of server work, and what the client adds in per cent."""

    work: str
    calls: int
    loads: int
    wall_seconds: float
    busy_seconds: float
    overhead_percent: float


def main() -> int:
    """Measure, print a table, and write JSON where asked."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--json", type=Path)
    chosen = arguments.parse_args()
    costs = measure()
    print(f"{'work':14}{'calls':>8}{'loads':>8}{'wall s':>10}{'busy s':>10}{'overhead':>11}")
    for cost in costs:
        seconds = f"{cost.wall_seconds:10.2f}{cost.busy_seconds:10.2f}{cost.overhead_percent:9.1f} %"
        print(f"{cost.work:14}{cost.calls:8}{cost.loads:8}{seconds}")
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(cost) for cost in costs], indent=2) + "\n")
    return 0


def measure() -> list[Cost]:
    """Embed, describe, and run a night, against a server in another process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,))
    process.start()
    url = ours.recv()
    try:
        with OllamaEmbedder(EMBED_MODEL, [url]) as embedder:
            texts = [f"def total_{number}(values): {_BODY}" for number in range(TEXTS)]
            embedding, before = _cost("embedding", ours, Server(), lambda: embedder.embed_documents(texts))
        with OllamaSummariser(CHAT_MODEL, [url]) as summariser, ThreadPoolExecutor(CALLS_PER_HOST) as pool:
            units = [replace(_UNIT, text=f"{_UNIT.text}# {number}\n") for number in range(UNITS)]
            describing, before = _cost(
                "describing", ours, before, lambda: list(pool.map(summariser.summarise, units))
            )
        return [embedding, describing, *_night_costs(url, ours, before)]
    finally:
        ours.send("stop")
        process.join()


def _night_costs(url: str, server: Connection, before: Server) -> list[Cost]:
    """A whole night, and of it the hours in which the models work."""
    with (
        tempfile.TemporaryDirectory(prefix="nightdex-overhead-") as scratch,
        OllamaEmbedder(EMBED_MODEL, [url]) as embedder,
        OllamaSummariser(CHAT_MODEL, [url]) as describer,
    ):
        repository = Path(scratch) / "made"
        commit(repository, {f"module_{n}.py": _module(n) for n in range(MODULES)})
        source = SourceDefinition("made", SourceKind.REPOSITORY, str(repository))
        options = NightOptions(Path(scratch) / "state", (source,))
        whole, _ = _cost(
            "whole night",
            server,
            before,
            lambda: run_night(options, embedder, ExtractiveSummariser(), describer=describer),
        )
        report = last_report(options.state_dir)
    steps = report["steps"] if report else {}
    assert isinstance(steps, dict)
    described = MODULES * FUNCTIONS_PER_MODULE
    busy = described * SECONDS_PER_REPLY
    seconds = steps["descriptions"]
    overhead = round(100 * (seconds / busy - 1), 1)
    return [whole, Cost("its describing", described, 1, round(seconds, 2), round(busy, 2), overhead)]


def _module(number: int) -> str:
    """Functions that no other module has, too long to be trivial."""
    return "\n\n".join(
        f"def total_{number}_{n}(values, limit):\n    total = {number}\n    for value in values:\n"
        f"        if value > limit:\n            total += value * {n}\n    return total\n"
        for n in range(FUNCTIONS_PER_MODULE)
    )


def _cost(work: str, server: Connection, before: Server, run: Callable[[], object]) -> tuple[Cost, Server]:
    begun = time.perf_counter()
    run()
    wall = time.perf_counter() - begun
    server.send("count")
    after: Server = server.recv()
    busy = after.busy_seconds - before.busy_seconds
    overhead = 100 * (wall / busy - 1)
    calls, loads = after.calls - before.calls, after.loads - before.loads
    return Cost(work, calls, loads, round(wall, 2), round(busy, 2), round(overhead, 1)), after


def _serve(pipe: Connection) -> None:
    runtime = ScriptedRuntime([replace(NOMIC, embedding_length=DIMENSION), QWEN])
    runtime.seconds_per_text, runtime.seconds_per_reply = SECONDS_PER_TEXT, SECONDS_PER_REPLY
    with ScriptedOllama(runtime) as server:
        pipe.send(server.url)
        while pipe.recv() == "count":
            calls = server.count("/api/embed") + server.count("/api/chat")
            pipe.send(Server(runtime.busy_seconds, len(runtime.loads), calls))


if __name__ == "__main__":
    sys.exit(main())
