"""The repositories a benchmark may change: bare clones that share the objects of the given ones."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.nights import IDENTITY, clone_of, git, is_repository
from benchmarks.speed.options import SpeedOptions

# What semble and we both take for code, whole files of it.
_CODE = """
    bash c cc cpp cs cxx ex exs go h hpp hs hxx java js jsx kt kts lua mjs php py rb rs scala sh
    sql swift ts tsx zig
"""
SUFFIXES = tuple(f".{suffix}" for suffix in _CODE.split())
_COMMENTS = {
    **dict.fromkeys((".bash", ".ex", ".exs", ".py", ".rb", ".sh"), "#"),
    **dict.fromkeys((".hs", ".lua", ".sql"), "--"),
}


@dataclass(frozen=True, slots=True)
class World:
    """Clones, and the repos.toml that names them; `state` is where their index goes."""

    config: Path
    state: Path
    clones: tuple[Path, ...]
    include: tuple[str, ...] = ()


def make_world(options: SpeedOptions, name: str, include: Sequence[str] = ()) -> World:
    """A new one in `options.work`, without an index.

    Raises:
        SystemExit: no repositories were given.
    """
    if options.repos is None:
        raise SystemExit("the parts a, b, c, e, f and g index: name a folder of repositories with --repos")
    folder = options.work / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    paths = [path for path in sorted(options.repos.iterdir()) if is_repository(path)]
    clones = tuple(clone_of(path, folder) for path in paths)
    state, config = folder / "state", folder / "repos.toml"
    lines = [f'[index]\nstate_dir = "{state}"\n[embedding]\nprovider = "embedded"\n']
    lines.append('[summaries]\nprovider = "extractive"\n')
    for path, clone in zip(paths, clones, strict=True):
        lines.append(f'[[repo]]\nname = "{path.name}"\npath = "{clone}"\n')
        if include:
            lines.append(f"include = {json.dumps(list(include))}\n")
    config.write_text("".join(lines))
    return World(config, state, clones, tuple(include))


def list_code(clone: Path) -> list[str]:
    """The code files of its HEAD."""
    listed = git("--git-dir", str(clone), "ls-tree", "-r", "--name-only", "-z", "HEAD").split("\0")
    return [path for path in listed if path.endswith(SUFFIXES)]


def change(clone: Path, paths: Sequence[str]) -> None:
    """Commit a comment at the end of each of these files, another one each time."""
    there = ("--git-dir", str(clone))
    parent = git(*there, "rev-parse", "HEAD")
    index = {"GIT_INDEX_FILE": str(clone / "bench-index"), **IDENTITY}
    git(*there, "read-tree", "HEAD", environment=index)
    for path in paths:
        before = git(*there, "cat-file", "blob", f"HEAD:{path}")
        comment = f"{_COMMENTS.get(Path(path).suffix, '//')} after {parent}"
        blob = git(*there, "hash-object", "-w", "--stdin", stdin=f"{before}\n\n{comment}\n")
        git(*there, "update-index", "--cacheinfo", f"100644,{blob},{path}", environment=index)
    tree = git(*there, "write-tree", environment=index)
    commit = git(*there, "commit-tree", tree, "-p", "HEAD", "-m", "x", environment=index)
    git(*there, "update-ref", "HEAD", commit)


def export(clone: Path, folder: Path) -> None:
    """Write the code files of its HEAD into a folder."""
    folder.mkdir(parents=True)
    there = ["git", "--git-dir", str(clone), f"--work-tree={folder}"]
    index = {**os.environ, "GIT_INDEX_FILE": str(clone / "export-index")}
    subprocess.run([*there, "read-tree", "HEAD"], env=index, check=True)
    paths = "".join(f"{path}\0" for path in list_code(clone)).encode("utf-8", "surrogateescape")
    subprocess.run([*there, "checkout-index", "-z", "--stdin"], env=index, input=paths, check=True)
