"""nightdex, semble and ripgrep on the same repositories and questions: quality and speed side by side.

`python -m benchmarks.peers --annotations DIR --repos DIR --semble-python FILE [--state DIR] [--json FILE]`;
benchmarks/README.md says what is measured and how.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import semble_worker
from benchmarks.annotations import BadAnnotations, Question, Repository, load_repositories
from benchmarks.retrieval import index, measure
from benchmarks.scoring import (
    DEPTH,
    Place,
    Scored,
    by,
    differences,
    interval,
    ndcg,
    overall,
    percentile,
    values_by_repository,
)
from benchmarks.variants import SHIPPED
from index_store.identifiers import query_terms
from model_chain.backends.shipped import SHIPPED_MODEL

# Beyond every file: ripgrep answers with files.
_WHOLE_FILE = (1, 1 << 30)


@dataclass(frozen=True, slots=True)
class Run:
    """What one engine scored, and how long it took to index everything; 0 where it keeps no index."""

    scores: list[Scored]
    index_seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every engine that is here and print them side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--annotations", type=Path, required=True, help="a folder of <name>.json files")
    parser.add_argument("--repos", type=Path, required=True, help="a folder with one checkout a name")
    parser.add_argument("--state", type=Path, help="keep our index here, and use it again")
    parser.add_argument(
        "--semble-python",
        type=Path,
        metavar="FILE",
        help="an interpreter with benchmarks/peers.txt installed",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="save every score")
    options = parser.parse_args(arguments)
    repositories = load_repositories(options.annotations)
    runs: dict[str, Run] = {}
    with tempfile.TemporaryDirectory(prefix="nightdex-peers-") as scratch:
        state = (options.state or Path(scratch, "state")).resolve()
        state.mkdir(parents=True, exist_ok=True)
        began = time.perf_counter()
        index(repositories, options.repos.resolve(), state)
        indexed = time.perf_counter() - began
        runs["nightdex"] = Run(asyncio.run(measure(repositories, state, [SHIPPED]))[SHIPPED.name], indexed)
        folders = {
            repository.name: _export(repository, options.repos / repository.name, Path(scratch, "code"))
            for repository in repositories
        }
        languages = {scored.repo: scored.language for scored in runs["nightdex"].scores}
        if options.semble_python:
            runs["semble"] = ask_semble(repositories, folders, languages, options.semble_python)
        if ripgrep := shutil.which("rg"):
            runs["ripgrep"] = ask_ripgrep(repositories, folders, languages, ripgrep)
        else:
            print("ripgrep is left out: there is no rg on PATH")
    _print(runs)
    if options.json:
        saved = {name: [asdict(scored) for scored in run.scores] for name, run in runs.items()}
        options.json.write_text(json.dumps(saved, indent=1))
    return 0


def ask_semble(
    repositories: Iterable[Repository],
    folders: Mapping[str, Path],
    languages: Mapping[str, str],
    python: Path,
) -> Run:
    """Ask semble as it comes, but with our table, so that the two differ in everything else."""
    by_name = {repository.name: repository for repository in repositories}
    jobs = [
        {
            "name": name,
            "folder": str(folders[name] / repository.root),
            "questions": [question.text for question in repository.questions],
        }
        for name, repository in by_name.items()
    ]
    done = subprocess.run(
        [str(python), "-P", str(Path(semble_worker.__file__))],
        input=json.dumps(jobs),
        env={**os.environ, "SEMBLE_MODEL_NAME": str(SHIPPED_MODEL), "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.PIPE,
        check=False,
        text=True,
    )
    if done.returncode:
        raise BadAnnotations(f"{python} could not run semble: install benchmarks/peers.txt there")
    scores: list[Scored] = []
    seconds = 0.0
    for answered in map(json.loads, done.stdout.splitlines()):
        repository = by_name[answered["name"]]
        seconds += answered["seconds"]
        for question, answer in zip(repository.questions, answered["answers"], strict=True):
            places = [_under(repository.root, place) for place in answer["places"]]
            scores.append(_scored(question, languages, places, answer["seconds"]))
    return Run(scores, seconds)


def ask_ripgrep(
    repositories: Iterable[Repository],
    folders: Mapping[str, Path],
    languages: Mapping[str, str],
    ripgrep: str,
) -> Run:
    """The floor: files by how many of the question's words they hold, then by how often."""
    scores = []
    for repository in repositories:
        for question in repository.questions:
            began = time.perf_counter()
            places = _grep(ripgrep, folders[repository.name], question.text)
            scores.append(_scored(question, languages, places, time.perf_counter() - began))
    return Run(scores, 0.0)


def _grep(ripgrep: str, folder: Path, text: str) -> list[Place]:
    words = [re.escape(word) for word in query_terms(text)]
    if not words:
        return []
    done = subprocess.run(
        [ripgrep, "--only-matching", "--ignore-case", "--no-line-number", "--no-heading", "--null"]
        + [argument for word in words for argument in ("-e", word)]
        + ["."],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    found: dict[str, Counter[bytes]] = defaultdict(Counter)
    for line in done.stdout.splitlines():
        path, _, match = line.partition(b"\0")
        found[path.decode("utf-8", "replace").removeprefix("./")][match.lower()] += 1
    ranked = sorted(found, key=lambda path: (-len(found[path]), -found[path].total(), path))
    return [Place(path, *_WHOLE_FILE) for path in ranked[:DEPTH]]


def _scored(
    question: Question, languages: Mapping[str, str], places: Sequence[Place], seconds: float
) -> Scored:
    score = ndcg(places, question.targets)
    language = languages[question.repo]
    return Scored(question.repo, language, question.category, question.text, score, seconds)


def _under(root: str, place: Sequence[Any]) -> Place:
    path, start, end = place
    return Place(f"{root}/{path}" if root else path, start, end)


def _export(repository: Repository, checkout: Path, folder: Path) -> Path:
    """The files of the commit that is asked about, as they lie in the repository."""
    target = folder / repository.name
    if not (checkout / ".git").exists() and not (checkout / "HEAD").is_file():
        return checkout.resolve()
    root = [repository.root] if repository.root else []
    archive = subprocess.run(
        ["git", "-C", str(checkout), "archive", repository.revision or "HEAD", "--", *root],
        check=True,
        capture_output=True,
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tarball:
        tarball.extractall(target, filter="data")
    return target


def _print(runs: Mapping[str, Run]) -> None:
    ours = runs["nightdex"].scores
    categories = list(by(ours, lambda scored: scored.category))
    print(f"{len(ours)} questions, one at a time; times in this process' machine, index in seconds for all\n")
    print(f"{'':10}{'NDCG@10':>8}  {'95 %':16}" + "".join(f"{name:>14}" for name in categories), end="")
    print(f"{'index s':>9}{'p50 ms':>8}{'p99 ms':>8}  nightdex ahead by")
    for name, run in runs.items():
        low, high = interval(values_by_repository(run.scores))
        groups = by(run.scores, lambda scored: scored.category)
        seconds = [scored.seconds for scored in run.scores]
        p50, p99 = (percentile(seconds, share) * 1000 for share in (0.5, 0.99))
        row = f"{name:10}{overall(run.scores):8.3f}  {f'[{low:.3f}, {high:.3f}]':16}"
        row += "".join(f"{groups[category]:14.3f}" for category in categories)
        row += f"{run.index_seconds:9.1f}{p50:8.1f}{p99:8.1f}"
        if name != "nightdex":
            ahead_low, ahead_high = interval(differences(ours, run.scores))
            ahead = overall(ours) - overall(run.scores)
            row += f"  {ahead:+.3f} [{ahead_low:+.3f}, {ahead_high:+.3f}]"
        print(row)


if __name__ == "__main__":
    sys.exit(main())
