"""Part d: how long a question takes by mode and size, how much of an exact scan it finds, and its memory."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from benchmarks.speed import synthetic
from benchmarks.speed.literal import measure_literal

if TYPE_CHECKING:
    from benchmarks.speed.options import SpeedOptions


def run(options: SpeedOptions) -> dict[str, Any]:
    """Build the indexes that are missing; ask each in a process of its own, so that memory is its alone."""
    if options.state is None:
        raise SystemExit("part d asks: name an index of real repositories with --state")
    results = {}
    for size in options.sizes:
        target = options.work / f"synthetic-{size}"
        synthetic.build(options.state, target, size)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.speed.asking", str(target)], capture_output=True, check=False
        )
        if done.returncode:
            raise SystemExit(done.stderr.decode()[-2000:])  # what came before is two warnings a plain query
        results[str(size)] = measured = json.loads(done.stdout)
        if ripgrep := shutil.which("rg"):
            measured["literal"] = asyncio.run(measure_literal(target, ripgrep))
        _print(size, measured)
    return results


def _print(size: int, measured: dict[str, Any]) -> None:
    plain = measured["plain_hybrid"]
    print(f"{size:,} chunks: opened in {measured['open_s']:.2f} s, first answer {measured['cold_ms']:.1f} ms")
    print(f"  {'mode':14}{'p50 ms':>9}{'p99 ms':>9}{'min ms':>9}{'cpu ms':>9}{'x plain':>9}")
    for mode, times in {**measured["modes"], "plain LanceDB": plain}.items():
        figures = "".join(f"{times[name]:9.2f}" for name in ("p50", "p99", "min", "cpu"))
        print(f"  {mode:14}{figures}{times['p50'] / plain['p50']:9.2f}")
    if measured["degraded"]:
        print(f"  {measured['degraded']} answers had to do without vectors")
    recall = ", ".join(f"{name} {value:.3f}" for name, value in measured["recall_at_10"].items())
    memory = ", ".join(f"{name} {value / 1e6:.0f} MB" for name, value in measured["memory"].items())
    print(f"  recall@10 against an exact scan: {recall}\n  memory of the API: {memory}")
    if literal := measured.get("literal"):
        words, grep = literal["exact"], literal["ripgrep"]
        print(f"  a word in mode exact {words:.2f} ms; by ripgrep in the same texts, as files, {grep:.1f} ms")
    else:
        print("  ripgrep is left out: there is no rg on PATH")
    print(flush=True)
