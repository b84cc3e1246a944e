"""What an index takes in disk, memory and hours: measured for the package's own models, estimated for a GPU.

`python -m benchmarks.sizing --repos DIR [--steps N,N] [--json FILE]` takes the first N git repositories
directly below DIR, and indexes them from nothing by the real command, for each N anew. The hours of Ollama on
a card of 16 GB are an estimate, from what was counted and the rates that indexer/limits.py cites.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.load import free_port, serving
from benchmarks.nights import clone_of, is_repository
from index_store.generations import current_generation, generation_dir
from index_store.stored_rows import StoredRows
from indexer.descriptions import is_definition, is_trivial
from indexer.rows import unit_of
from model_chain.summary_cache import content_hash

# Both as cited where indexer/limits.py assumes the middle of them.
DESCRIPTION_S = (2.0, 3.0)
VECTOR_S = (0.010, 0.020)

# prctl(2): processes that lose their parent become ours.
PR_SET_CHILD_SUBREAPER = 36

QUESTIONS = ("where is the request parsed", "retry with backoff", "encode a string", "open a file", "sort")
ROUNDS = 10


@dataclass(frozen=True)
class Size:
    """One index. Bytes and seconds; `processor_seconds` are those of the night on all cores together.

    `disk` is that of one generation; `night_memory` that of the largest process.
    `questions` are those a chat model would be asked in the first nights, `vectors` those computed.
    """

    repositories: int
    files: int
    bytes_read: int
    chunks: int
    disk: int
    night_seconds: float
    processor_seconds: float
    night_memory: int
    server_memory: int
    server_anonymous: int
    vectors: int
    questions: int

    @property
    def gpu_hours(self) -> tuple[float, float]:
        """At the better and the worse of the cited rates."""
        best, worst = (
            (self.questions * description + self.vectors * vector) / 3600
            for description, vector in zip(DESCRIPTION_S, VECTOR_S, strict=True)
        )
        return best, worst


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each size and print one row for it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repos", type=Path, required=True)
    parser.add_argument("--steps", default="1,5,20", metavar="N,N")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    found = sorted(path for path in options.repos.resolve().iterdir() if is_repository(path))
    sizes = []
    for count in map(int, options.steps.split(",")):
        with tempfile.TemporaryDirectory(prefix="nightdex-sizing-") as scratch:
            sizes.append(measure(found[:count], Path(scratch)))
        print(f"{count} repositories: {sizes[-1].chunks} chunks", file=sys.stderr, flush=True)
    _print(sizes)
    if options.json:
        options.json.write_text(json.dumps([asdict(size) for size in sizes], indent=1) + "\n")
    return 0


def measure(repositories: Sequence[Path], scratch: Path) -> Size:
    """Index some repositories from nothing, then serve and ask."""
    port, state = free_port(), scratch / "state"
    config = scratch / "repos.toml"
    lines = [
        f'[index]\nstate_dir = "{state}"\n[api]\nport = {port}\n',
        '[embedding]\nprovider = "embedded"\n[summaries]\nprovider = "extractive"\n',
    ]
    for path in repositories:
        clone = clone_of(path, scratch)
        lines.append(f'[[repo]]\nname = "{clone.stem}"\npath = "{clone}"\n')
    config.write_text("\n".join(lines))
    report, processor, memory = _night(config)
    with serving(config, port) as pid:
        for _ in range(ROUNDS):
            for question in QUESTIONS:
                asked = urllib.parse.urlencode({"query": question})
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/search?{asked}").read()
        resident, anonymous = (_status(pid, name) for name in ("VmRSS", "RssAnon"))
    totals = report["totals"]
    number = current_generation(state)
    return Size(
        len(repositories),
        totals["chunked"],
        totals["bytes_read"],
        totals["chunks"],
        sum(_files(generation_dir(state, number))),
        report["seconds"],
        processor,
        max(memory, report["peak_memory"]),
        resident,
        anonymous,
        totals["embedded"],
        len(set(_questions(state, number))),
    )


def _night(config: Path) -> tuple[dict[str, Any], float, int]:
    command = [sys.executable, "-m", "nightdex", "run", "--json", "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        report = json.loads(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    used = [usage]
    # What the night left to end by itself, its workers with it, is ours to wait for.
    with contextlib.suppress(ChildProcessError):
        while True:
            used.append(os.wait4(-1, 0)[2])
    processor = sum(one.ru_utime + one.ru_stime for one in used)
    return report, processor, max(one.ru_maxrss for one in used) * 1024


def _questions(state: Path, generation: int) -> Iterator[str]:
    for row in StoredRows(state, generation).scan():
        unit = unit_of(row)
        if is_definition(unit.kind) and not is_trivial(unit):
            yield content_hash(unit)


def _files(folder: Path) -> Iterator[int]:
    return (path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def _print(sizes: Sequence[Size]) -> None:
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}: minutes on the clock depend on it\n")
    print(
        "| repositories | files | MB read | chunks | index, MB | first night, minutes (of one processor) "
        "| night's memory, MB | server's memory, of it anonymous, MB | questions | estimate: hours at 16 GB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for size in sizes:
        best, worst = size.gpu_hours
        print(
            f"| {size.repositories} | {size.files:,} | {size.bytes_read / 1e6:.0f} | {size.chunks:,} "
            f"| {size.disk / 1e6:.0f} | {size.night_seconds / 60:.1f} ({size.processor_seconds / 60:.1f}) "
            f"| {size.night_memory / 1e6:.0f} "
            f"| {size.server_memory / 1e6:.0f}, {size.server_anonymous / 1e6:.0f} "
            f"| {size.questions:,} | {best:.1f} to {worst:.1f} |"
        )


if __name__ == "__main__":
    sys.exit(main())
