"""Runs the parts of the speed benchmark that are asked for, prints their tables, and writes JSON.

`python -m benchmarks.speed [--only a,b,c,d,e,f,g] [--repos DIR] [--semble-python FILE] [--state DIR]
[--sizes N,N] [--large] [--work DIR] [--charts DIR] [--json FILE]`;
benchmarks/README.md says what each part measures.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.speed import cold, later, queries, startup
from benchmarks.speed.charts import draw_part
from benchmarks.speed.options import SpeedOptions

LARGE = 1_000_000

# Each part takes the options, prints its table, and returns what goes into the JSON.
PARTS: dict[str, Callable[[SpeedOptions], Any]] = {
    "a": cold.run_cold,
    "g": cold.run_growth,
    "b": later.run_unchanged,
    "c": later.run_changed,
    "d": queries.run,
    "e": cold.run_room,
    "f": startup.run_startup,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts one after the other, so that none disturbs another."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repos", type=Path, help="a folder of git repositories: for a, b, c, e, g")
    parser.add_argument("--semble-python", type=Path, metavar="FILE", help="has benchmarks/peers.txt: for a")
    parser.add_argument("--state", type=Path, help="an index of real repositories: for d, f")
    parser.add_argument("--charts", type=Path, metavar="DIR", help="draw each part, as SVG")
    parser.add_argument("--only", default=",".join(PARTS), metavar="LETTERS", help="parts, with commas")
    parser.add_argument("--sizes", default="10000,100000", metavar="N,N", help="chunks of the indexes asked")
    parser.add_argument("--large", action="store_true", help=f"also {LARGE:,} chunks: 5 GB, half an hour")
    parser.add_argument("--work", type=Path, help="keep what is built here, and use it again")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)

    sizes = [int(size) for size in options.sizes.split(",")] + [LARGE] * options.large
    with ExitStack() as stack:
        work = options.work or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="nightdex-speed-"))
        )
        work.mkdir(parents=True, exist_ok=True)
        chosen = SpeedOptions(
            work.resolve(),
            state=options.state and options.state.resolve(),
            repos=options.repos and options.repos.resolve(),
            semble_python=options.semble_python and options.semble_python.absolute(),
            sizes=tuple(sizes),
        )
        load = os.getloadavg()[0]
        print(
            f"{os.cpu_count()} cores, load {load:.1f} before: above 0 other programs took part of the time\n"
        )
        results = {letter: PARTS[letter](chosen) for letter in options.only.split(",")}
    if options.charts:
        options.charts.mkdir(parents=True, exist_ok=True)
        for letter, result in results.items():
            (options.charts / f"{letter}.svg").write_text(draw_part(letter, result), encoding="utf-8")
    if options.json:
        options.json.write_text(
            json.dumps({"cores": os.cpu_count(), "load": load, **results}, indent=1) + "\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
