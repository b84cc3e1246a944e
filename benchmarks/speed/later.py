"""Parts b and c: nights after the first, in which nothing, one file, or one file in a hundred has changed."""

from __future__ import annotations

import json
import subprocess
import time
from typing import TYPE_CHECKING, Any

from benchmarks.speed.command import Took, median_of, run_night
from benchmarks.speed.world import World, change, list_code, make_world

if TYPE_CHECKING:
    from benchmarks.speed.options import SpeedOptions

RUNS = 5


def run_unchanged(options: SpeedOptions) -> dict[str, Any]:
    """b: nothing changed, beside `git ls-tree -r` over the same trees."""
    world = _indexed(options)
    seconds = median_of(RUNS, lambda: run_night(world.config))
    floor = median_of(RUNS, lambda: _list_trees(world))
    print(
        f"nothing changed in {len(world.clones)} repositories: {seconds:.2f} s; git ls-tree -r over the same "
        f"trees {floor:.2f} s: {seconds / floor:.1f} x"
    )
    return {"repositories": len(world.clones), "seconds": seconds, "ls_tree": floor}


def run_changed(options: SpeedOptions) -> dict[str, Any]:
    """c: one changed file by `nightdex run --repo`, then one code file in a hundred."""
    world = _indexed(options)
    code = {clone: list_code(clone) for clone in world.clones}
    clone = next(clone for clone in world.clones if code[clone])

    def one_file() -> Took:
        change(clone, code[clone][:1])
        took = run_night(world.config, clone.stem)
        assert json.loads(took.output)["totals"]["bytes_read"]
        return took

    one = median_of(RUNS, one_file)
    changed = 0
    for clone, paths in code.items():
        some = paths[::100]
        if some:
            change(clone, some)
            changed += len(some)
    took = run_night(world.config)
    report = json.loads(took.output)
    totals = report["totals"]
    where = f"{totals['found']:,} files, {totals['chunks']:,} chunks"
    print(f"one changed file of {where}: searchable after {one:.2f} s")
    print(f"{changed} changed files: {took.wall:.2f} s, {totals['embedded']} vectors computed")
    return {"one_file": one, "files": changed, "seconds": took.wall, "steps": report["steps"]}


def _indexed(options: SpeedOptions) -> World:
    """The world of this run that is already indexed, or a new one."""
    folder = options.work / "whole"
    if (folder / "state" / "CURRENT").exists():
        clones = tuple(sorted((folder / "repos").iterdir()))
        return World(folder / "repos.toml", folder / "state", clones)
    world = make_world(options, "whole")
    run_night(world.config)
    return world


def _list_trees(world: World) -> Took:
    began = time.perf_counter()
    for clone in world.clones:
        subprocess.run(
            ["git", "--git-dir", str(clone), "ls-tree", "-r", "HEAD"], stdout=subprocess.DEVNULL, check=True
        )
    return Took(time.perf_counter() - began, b"")
