"""Three nights over real repositories: a first build, nothing changed, and one changed file.

`python -m benchmarks.nights --repos DIR [--json FILE]` takes every git repository directly below DIR, works
on shared bare clones of them in a temporary folder, and runs the real command three times.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

IDENTITY = {
    "GIT_AUTHOR_NAME": "bench",
    "GIT_AUTHOR_EMAIL": "bench@example.org",
    "GIT_COMMITTER_NAME": "bench",
    "GIT_COMMITTER_EMAIL": "bench@example.org",
}
SUFFIXES = (".py", ".go", ".js", ".rs", ".java", ".c", ".rb")


@dataclass(frozen=True)
class Night:
    """One run of the command. Bytes, seconds; `megabytes_per_second` is of the bytes read."""

    name: str
    exit_status: int
    wall_seconds: float
    peak_memory: int
    found: int
    chunked: int
    skipped: int
    chunks: int
    embedded: int
    bytes_read: int
    megabytes_per_second: float
    adds_up: bool
    changed_repositories: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the three nights and print them as a table; exit 1 when a promise does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repos", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="nightdex-nights-") as scratch:
        nights, changed = measure(options.repos.resolve(), Path(scratch))
    _print(nights)
    if options.json:
        options.json.write_text(json.dumps([asdict(night) for night in nights], indent=1))
    promises = {
        "every night exits 0": all(n.exit_status == 0 for n in nights),
        "found = chunked + skipped, in every repository": all(n.adds_up for n in nights),
        "nothing changed, nothing embedded": nights[1].embedded == 0,
        "one commit changes one repository": nights[2].changed_repositories == (changed,),
    }
    for promise, holds in promises.items():
        print(f"{'holds ' if holds else 'BROKEN'}  {promise}")
    return 0 if all(promises.values()) else 1


def measure(repos: Path, scratch: Path) -> tuple[list[Night], str]:
    """Clone, then run the three nights; also the name of the repository that got a commit."""
    clones = [clone_of(path, scratch) for path in sorted(repos.iterdir()) if is_repository(path)]
    config = scratch / "repos.toml"
    lines = [f'[index]\nstate_dir = "{scratch}/state"\n']
    lines += [f'[[repo]]\nname = "{clone.stem}"\npath = "{clone}"\n' for clone in clones]
    config.write_text("\n".join(lines))
    nights = [_night("first", config), _night("nothing changed", config)]
    changed = _commit_one_change(clones)
    nights.append(_night("one file changed", config))
    return nights, changed


def is_repository(path: Path) -> bool:
    """Whether a folder is a clone, bare or not."""
    return (path / "HEAD").exists() or (path / ".git").exists()


def clone_of(path: Path, scratch: Path) -> Path:
    """A bare clone below `scratch` that shares the objects of the original."""
    clone = scratch / "repos" / f"{path.name.removesuffix('.git')}.git"
    git("clone", "-q", "--bare", "--shared", str(path), str(clone))
    return clone


def _night(name: str, config: Path) -> Night:
    command = [sys.executable, "-m", "nightdex", "run", "--json", "--config", str(config)]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - began
    report = json.loads(output)
    totals = report["totals"]
    return Night(
        name=name,
        exit_status=process.returncode,
        wall_seconds=round(wall, 2),
        peak_memory=max(usage.ru_maxrss * 1024, report["peak_memory"]),
        found=totals["found"],
        chunked=totals["chunked"],
        skipped=totals["skipped"],
        chunks=totals["chunks"],
        embedded=totals["embedded"],
        bytes_read=totals["bytes_read"],
        megabytes_per_second=round(totals["bytes_read"] / 1e6 / wall, 2),
        adds_up=all(r["found"] == r["chunked"] + sum(r["skipped"].values()) for r in report["repositories"]),
        changed_repositories=tuple(r["name"] for r in report["repositories"] if r["outcome"] == "indexed"),
    )


def _commit_one_change(clones: Sequence[Path]) -> str:
    for clone in clones:
        listing = git("--git-dir", str(clone), "ls-tree", "-r", "--name-only", "HEAD").splitlines()
        path = next(
            (p for p in listing if p.endswith(SUFFIXES) and "vendor" not in p and "test" not in p), None
        )
        if path is None:
            continue
        index = {"GIT_INDEX_FILE": str(clone / "bench-index"), **IDENTITY}
        there = ("--git-dir", str(clone))
        before = git(*there, "cat-file", "blob", f"HEAD:{path}")
        blob = git(*there, "hash-object", "-w", "--stdin", stdin=before + "\n\n\n")
        git(*there, "read-tree", "HEAD", environment=index)
        git(*there, "update-index", "--cacheinfo", f"100644,{blob},{path}", environment=index)
        tree = git(*there, "write-tree", environment=index)
        commit = git(*there, "commit-tree", tree, "-p", "HEAD", "-m", "one change", environment=index)
        git(*there, "update-ref", "HEAD", commit)
        return clone.stem
    raise SystemExit("no repository has a source file to change")


def git(*arguments: str, environment: dict[str, str] | None = None, stdin: str = "") -> str:
    """What a git command prints, without the last newline."""
    done = subprocess.run(
        ["git", *arguments],
        env={**os.environ, **(environment or {})},
        input=stdin.encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=True,
    )
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


def _print(nights: Sequence[Night]) -> None:
    rows = [
        ("exit", lambda n: n.exit_status),
        ("seconds", lambda n: n.wall_seconds),
        ("MB/s read", lambda n: n.megabytes_per_second),
        ("peak memory, MB", lambda n: n.peak_memory // 1_000_000),
        ("files found", lambda n: n.found),
        ("files chunked", lambda n: n.chunked),
        ("files skipped", lambda n: n.skipped),
        ("chunks", lambda n: n.chunks),
        ("vectors embedded", lambda n: n.embedded),
        ("repositories changed", lambda n: len(n.changed_repositories)),
    ]
    print(f"{'':22}" + "".join(f"{night.name:>18}" for night in nights))
    for label, value in rows:
        print(f"{label:22}" + "".join(f"{value(night)!s:>18}" for night in nights))


if __name__ == "__main__":
    sys.exit(main())
