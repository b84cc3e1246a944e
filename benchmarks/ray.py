"""Two Ray workers index real repositories into an s3:// index; one is killed half-way. Is it the same index?

    python -m benchmarks.ray --repos ~/code [--json cluster.json]

`--repos` is a folder of git repositories. The night runs twice: on this machine alone, into a folder, and on
a Ray cluster of this machine with two workers, into a bucket of a SeaweedFS server started for it. When
half of the files are there, one worker gets SIGKILL. Another state directory then fetches the index, as the
machine of an API would, and every column of every chunk is compared. The rates it prints and writes are what
`benchmarks.scale` calculates with.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.same_rows import chunks_of, differences
from index_store.generations import current_generation, generation_dir
from index_store.manifest import read_manifest
from index_store.objects import Objects
from index_store.place import Place
from index_store.reader import Reader
from index_store.shared import SharedIndex
from indexer.embed import RowEmbedder
from indexer.engine import Engine
from indexer.night_options import NightOptions
from indexer.night_report import NightReport
from indexer.nightly import run_night
from indexer.progress import SilentProgress
from indexer.sources.definition import SourceDefinition, SourceKind
from model_chain.backends.embedded import EmbeddedEmbedder
from model_chain.backends.extractive import ExtractiveSummariser
from nightdex.cluster import LOOPBACK_ONLY
from tests.servers.weed import BUCKET, running_weed

WORKERS = 2


class Watch(SilentProgress):
    """Takes processor time by step, and ends a worker when so many files are there."""

    def __init__(self, kill_after: int = 0) -> None:
        self.kill_after = kill_after
        self.victim = 0
        self.killed_at = 0
        self.files = 0
        self.helpers = 0.0
        self.cpu: dict[str, float] = {}
        self._step = ""
        self._began = 0.0

    def step(self, name: str) -> None:
        """Charge the time since the last one."""
        now = _own_cpu()
        if self._step:
            self.cpu[self._step] = self.cpu.get(self._step, 0.0) + now - self._began
        self._step, self._began = name, now

    def files_done(self, name: str, files: int, chunks: int) -> None:
        """Count, and kill once."""
        del name, chunks
        self.files += files
        self.helpers = max(self.helpers, _cpu_of_helpers())
        if self.victim and self.files >= self.kill_after:
            os.kill(self.victim, signal.SIGKILL)
            self.killed_at, self.victim = self.files, 0


def main() -> None:
    """Run the scenario and print its outcome; exits with 1 where the two indexes differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repos", type=Path, required=True, help="a folder of git repositories")
    parser.add_argument("--json", type=Path, help="write what was measured")
    options = parser.parse_args()
    os.environ.setdefault(LOOPBACK_ONLY, "0")
    sources = tuple(
        SourceDefinition(folder.name, SourceKind.REPOSITORY, str(folder))
        for folder in sorted(options.repos.iterdir())
        if (folder / ".git").exists() or (folder / "HEAD").exists()
    )
    with (
        tempfile.TemporaryDirectory(prefix="nightdex-ray-") as folder,
        running_weed(Path(folder, "weed")) as weed,
    ):
        os.environ.update(weed.environment())
        found = measure(sources, Path(folder))
    print(told(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    raise SystemExit(1 if found["differences"] else 0)


def measure(sources: tuple[SourceDefinition, ...], folder: Path) -> dict[str, Any]:
    """Both nights, the comparison, and the rates."""
    alone, watch = folder / "alone", Watch()
    first = _night(NightOptions(alone, sources), watch)
    totals = first.totals()

    place = Place(BUCKET, "forty")
    driver = SharedIndex(Objects(place), folder / "driver")
    cluster_watch = Watch(kill_after=totals["chunked"] // 2)
    second = _night(
        NightOptions(
            driver.state_dir, sources, shared=driver, engine=lambda rows: _cluster(rows, cluster_watch)
        ),
        cluster_watch,
    )
    api = SharedIndex(Objects(place), folder / "api")
    began = time.monotonic()
    api.fetch()
    fetched = time.monotonic() - began
    manifest = read_manifest(generation_dir(api.state_dir, current_generation(api.state_dir)))
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "repositories": len(sources),
        "files": totals["found"],
        "chunks": chunks_of(api.state_dir),
        "bytes_read": sum(report.bytes_read for report in first.repositories),
        "differences": differences(alone, api.state_dir),
        "line_windows": {"alone": _fallbacks(first), "cluster": _fallbacks(second)},
        "file_failures": {"alone": _failures(first), "cluster": _failures(second)},
        "failed": [report.name for report in second.failed],
        "killed_after_files": cluster_watch.killed_at,
        "index_bytes": sum(size for size, _ in manifest.files.values()),
        "index_objects": len({digest for _, digest in manifest.files.values()}),
        "resident_bytes": asyncio.run(_resident(api.state_dir)),
        "fetch_seconds": round(fetched, 3),
        "alone": {
            "seconds": first.seconds,
            "steps": first.steps,
            "cpu_seconds": cpu_of(watch),
            "helpers_cpu_seconds": round(watch.helpers, 3),
        },
        "cluster": {
            "workers": WORKERS,
            "seconds": second.seconds,
            "steps": second.steps,
            "driver_cpu_seconds": cpu_of(cluster_watch),
        },
    }


def cpu_of(watch: Watch) -> dict[str, float]:
    """Processor time of this process by step."""
    return {name: round(value, 3) for name, value in watch.cpu.items()}


def told(found: dict[str, Any]) -> str:
    """The outcome for a person."""
    alone, cluster = found["alone"], found["cluster"]
    megabytes = found["bytes_read"] / 1e6
    verdict = "the same, column for column" if not found["differences"] else "DIFFERENT"
    read = f"{found['repositories']} repositories, {found['files']} files, {megabytes:.1f} MB read"
    killed = (
        f"{cluster['workers']} Ray workers into s3://, one killed after {found['killed_after_files']} files"
    )
    index = (
        f"{found['chunks']} chunks, {found['index_bytes'] / 1e6:.1f} MB in {found['index_objects']} objects"
    )
    lines = [
        f"{found['machine']}; {read}",
        f"this machine alone: {alone['seconds']:.1f} s",
        f"processor time of its workers {alone['helpers_cpu_seconds']} s, its own {alone['cpu_seconds']}",
        f"{killed}: {cluster['seconds']:.1f} s",
        f"processor time of the driver, by step: {cluster['driver_cpu_seconds']}",
        f"index: {index}, fetched by another machine in {found['fetch_seconds']:.1f} s",
        f"files in line windows because their parser failed or was too slow: {found['line_windows']}",
        *(f"{where}: {line}" for where, lines in found["file_failures"].items() for line in lines),
        f"repositories that failed on the cluster: {len(found['failed'])}",
        f"the two indexes are {verdict}",
        *found["differences"],
    ]
    return "\n".join(lines)


def _fallbacks(report: NightReport) -> dict[str, int]:
    """Why files were cut without their parser, and how many; a busy machine may be too slow for some."""
    counts: Counter[str] = Counter()
    for repository in report.repositories:
        counts.update(repository.fallbacks)
    return dict(counts)


def _failures(report: NightReport) -> list[str]:
    return [
        f"{repository.name}/{path}: {cause}"
        for repository in report.repositories
        for path, cause in repository.failures
    ]


def _night(options: NightOptions, watch: Watch) -> NightReport:
    report = run_night(options, EmbeddedEmbedder(), ExtractiveSummariser(), watch)
    watch.step("end")
    return report


@contextmanager
def _cluster(rows: RowEmbedder, watch: Watch) -> Iterator[Engine]:
    from indexer.cluster.ray_engine import ray_engine  # noqa: PLC0415 - LOOPBACK_ONLY has to be set before

    with ray_engine(rows, "", EmbeddedEmbedder, workers=WORKERS) as engine:
        watch.victim = engine.introductions[0].process
        yield engine


async def _resident(state_dir: Path) -> int:
    """What a reader holds in memory whatever it is asked: the catalogue, and the signs of two vectors."""
    reader = await Reader.open(state_dir)
    try:
        return reader.catalogue.nbytes + len(reader.catalogue) * 2 * reader.manifest.embedder.dimension // 8
    finally:
        await reader.close()


def _own_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _cpu_of_helpers() -> float:
    """Of every living descendant: the worker processes belong to one that forks them."""
    parents: dict[int, int] = {}
    seconds: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        process = int(stat.parent.name)
        parents[process] = int(fields[1])
        seconds[process] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return sum(used for process, used in seconds.items() if _descends(process, parents))


def _descends(process: int, parents: dict[int, int]) -> bool:
    while (process := parents.get(process, 0)) > 1:
        if process == os.getpid():
            return True
    return False


if __name__ == "__main__":
    main()
