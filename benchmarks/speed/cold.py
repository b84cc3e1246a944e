"""Parts a, e and g: a cold index stage by stage and beside semble, what it takes up, and how it grows."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import semble_worker
from benchmarks.speed.command import NIGHTDEX, run_night, time_command
from benchmarks.speed.stages import Stages, measure_stages
from benchmarks.speed.world import SUFFIXES, World, export, list_code, make_world
from index_store.generations import current_generation, generation_dir
from model_chain.backends.shipped import SHIPPED_MODEL

if TYPE_CHECKING:
    from benchmarks.speed.options import SpeedOptions

# Repositories of fewer chunks take as long as starting does.
LEAST_CHUNKS = 500


def run_cold(options: SpeedOptions) -> dict[str, Any]:
    """a: `nightdex run` from nothing, and semble, on the same code files; then each stage alone."""
    world = make_world(options, "code", [f"*{suffix}" for suffix in SUFFIXES])
    result = _night(world)
    chunks, megabytes, wall = result["chunks"], result["megabytes"], result["wall"]
    rates = f"{chunks / wall:,.0f} chunks/s, {megabytes / wall:.2f} MB/s"
    print(f"cold, code files alone: {chunks:,} chunks of {megabytes:.1f} MB in {wall:.1f} s: {rates}")
    if options.semble_python is not None:
        result["semble"] = _semble(world, options.work / "export", options.semble_python)
        other = result["semble"]["wall"]
        print(f"semble, the same files and table: {other:.1f} s; nightdex at {other / wall:.2f} x its speed")
    shutil.rmtree(options.work / "stages", ignore_errors=True)
    measured = measure_stages(world, options.work / "stages")
    result |= asdict(measured)
    _print(measured)
    return result


def _print(measured: Stages) -> None:
    rate = f"{measured.bandwidth / 1e9:.1f} GB/s"
    print(f"\neach stage alone, one process, one after the other; one core copies memory at {rate}")
    print(f"{'stage':20}{'s':>8}{'MB/s':>8}{'chunks/s':>10}{'floor s':>9}{'x floor':>9}")
    for name, stage in measured.stages.items():
        row = f"{name:20}{stage.seconds:8.2f}{measured.megabytes / stage.seconds:8.1f}"
        row += f"{measured.chunks / stage.seconds:10,.0f}"
        if stage.floor:
            row += f"{stage.floor:9.2f}{stage.seconds / stage.floor:9.1f}  {stage.of_floor}"
        print(row)


def _night(world: World) -> dict[str, Any]:
    took = run_night(world.config)
    report = json.loads(took.output)
    return {
        "wall": took.wall,
        "night": report["seconds"],
        "steps": report["steps"],
        "chunks": report["totals"]["chunks"],
        "megabytes": report["totals"]["bytes_read"] / 1e6,
        "peak_memory": report["peak_memory"],
        "repositories": [[one["name"], one["chunks"], one["seconds"]] for one in report["repositories"]],
    }


def _semble(world: World, folder: Path, python: Path) -> dict[str, Any]:
    """It comes with a cache beside its user's home: an empty one."""
    shutil.rmtree(folder, ignore_errors=True)
    jobs = []
    for clone in world.clones:
        if list_code(clone):
            export(clone, folder / clone.stem)
            jobs.append({"name": clone.stem, "folder": str(folder / clone.stem), "questions": []})
    took = time_command(
        [str(python), "-P", str(Path(semble_worker.__file__))],
        json.dumps(jobs).encode(),
        {
            "SEMBLE_MODEL_NAME": str(SHIPPED_MODEL),
            "HF_HUB_OFFLINE": "1",
            "XDG_CACHE_HOME": str(folder / "cache"),
        },
    )
    return {"wall": took.wall, "index": sum(json.loads(line)["seconds"] for line in took.output.splitlines())}


def run_room(options: SpeedOptions) -> dict[str, Any]:
    """e: memory and disk of a whole index, for each 100,000 chunks."""
    world = make_world(options, "whole")
    result = _night(world)
    generation = generation_dir(world.state, current_generation(world.state))
    disk = sum(path.stat().st_size for path in generation.rglob("*") if path.is_file())
    result["disk"] = disk
    each = 100_000 / result["chunks"]
    print(
        f"whole repositories: {result['chunks']:,} chunks in {result['wall']:.1f} s; for each 100,000: disk "
        f"{disk * each / 1e6:.0f} MB; the night's largest process held {result['peak_memory'] / 1e6:.0f} MB"
    )
    status = time_command([*NIGHTDEX, "status", "--json", "--config", str(world.config)])
    result["status"] = json.loads(status.output)
    return result


def run_growth(options: SpeedOptions) -> dict[str, Any]:
    """g: by which power of its chunks a repository's night grows, over those of part e."""
    result = run_room(options)
    points = [(chunks, seconds) for _, chunks, seconds in result["repositories"] if chunks >= LEAST_CHUNKS]
    exponent = fit_exponent(points)
    print(f"seconds grow with chunks to the power of {exponent:.2f}, over {len(points)} repositories")
    return {"exponent": exponent, "points": points}


def fit_exponent(points: list[tuple[float, float]]) -> float:
    """The slope of the line through the logarithms, by least squares."""
    x, y = np.log(np.array(points)).T
    return float(np.polyfit(x, y, 1)[0])
