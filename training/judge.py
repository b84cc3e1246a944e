"""Judge a table on repositories: dense-only NDCG@10 over chunks, as a code search would use it.

`python -m training.judge --annotations DIR --repos DIR [--model DIR] [--half first|second|both]`

DIR of annotations: <name>.json, a list of {query, category, relevant, secondary}; a target is a path or
{path, start_line, end_line}. Beside that folder lies repos.json, a list of {name, language, url, revision,
benchmark_root}. DIR of repositories: <owner>+<name>/repo, a git directory that holds the revision.
Tune on the first half of repos.json only.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from indexer.chunking.languages import language_of
from indexer.chunking.worker import chunk_text
from model_chain.backends.embedded import EmbeddedEmbedder
from model_chain.backends.shipped import SHIPPED_MODEL
from model_chain.document import code_document
from model_chain.protocol import CodeUnit

DEPTH = 10
MAX_FILE_BYTES = 1_000_000
_NOT_CODE = frozenset({"", "markdown", "json", "yaml", "toml", "html", "css"})


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of a file; the first and last line of a whole file are 1 and a number beyond its end."""

    path: str
    start: int
    end: int

    def covers(self, target: Place) -> bool:
        """Whether this chunk counts as finding the target."""
        same_file = f"/{self.path}".endswith(f"/{target.path}")
        return same_file and self.start <= target.end and target.start <= self.end


def main() -> None:
    """Read the command line, judge every repository, print means by half and category."""
    parser = argparse.ArgumentParser(prog="python -m training.judge", description=__doc__.partition("\n")[0])
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("--repos", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=SHIPPED_MODEL)
    parser.add_argument("--half", choices=["first", "second", "both"], default="both")
    arguments = parser.parse_args()
    embedder = EmbeddedEmbedder(arguments.model)
    repositories = json.loads((arguments.annotations.parent / "repos.json").read_text(encoding="utf-8"))
    middle = len(repositories) // 2
    halves = {"first": repositories[:middle], "second": repositories[middle:]}
    chosen = [arguments.half] if arguments.half != "both" else ["first", "second"]
    by_category: dict[str, list[float]] = defaultdict(list)
    means: list[float] = []
    for half in chosen:
        scores = [_judge(repository, arguments, embedder, by_category) for repository in halves[half]]
        print(f"{half} half: NDCG@{DEPTH} {np.mean(scores):.3f}", flush=True)
        means += scores
    print(
        f"all: {np.mean(means):.3f}  "
        + "  ".join(f"{k} {np.mean(v):.3f}" for k, v in sorted(by_category.items()))
    )


def ndcg(found: Sequence[Place], targets: Sequence[Place]) -> float:
    """Binary NDCG@10: each target counts at the rank of the first chunk that covers it."""
    gain = 0.0
    for target in targets:
        rank = next((rank for rank, place in enumerate(found[:DEPTH], 1) if place.covers(target)), None)
        gain += 1 / math.log2(1 + rank) if rank else 0.0
    ideal = sum(1 / math.log2(1 + rank) for rank in range(1, min(DEPTH, len(targets)) + 1))
    return gain / ideal


def _judge(
    repository: dict[str, str],
    arguments: argparse.Namespace,
    embedder: EmbeddedEmbedder,
    by_category: dict[str, list[float]],
) -> float:
    owner_and_name = urlsplit(repository["url"]).path.strip("/").removesuffix(".git").replace("/", "+")
    places, documents = _read(
        arguments.repos / owner_and_name / "repo",
        repository["revision"],
        repository.get("benchmark_root", ""),
    )
    vectors = embedder.embed_documents(documents).vectors
    queries = json.loads((arguments.annotations / f"{repository['name']}.json").read_text(encoding="utf-8"))
    scores = []
    for query in queries:
        nearest = np.argsort(-(vectors @ embedder.embed_query(query["query"])), kind="stable")[:DEPTH]
        targets = [_target(target) for target in [*query["relevant"], *query["secondary"]]]
        scores.append(ndcg([places[index] for index in nearest], targets))
        by_category[query["category"]].append(scores[-1])
    mean = float(np.mean(scores))
    print(
        f"{repository['name']:12} {repository['language']:12} {len(places):6} chunks  {mean:.3f}", flush=True
    )
    return mean


def _target(target: str | dict[str, Any]) -> Place:
    if isinstance(target, str):
        return Place(target, 1, 1 << 30)
    return Place(target["path"], target.get("start_line", 1), target.get("end_line", 1 << 30))


def _read(git_dir: Path, revision: str, root: str) -> tuple[list[Place], list[str]]:
    places: list[Place] = []
    documents: list[str] = []
    git = ["git", "--git-dir", str(git_dir)]
    listing = subprocess.run(
        [*git, "ls-tree", "-r", "-z", "--name-only", revision, "--", *([root] if root else [])],
        check=True,
        capture_output=True,
    )
    for path in filter(None, listing.stdout.decode("utf-8", "replace").split("\0")):
        language = language_of(path)
        if language in _NOT_CODE:
            continue
        shown = subprocess.run(
            [*git, "cat-file", "blob", f"{revision}:{path}"], check=False, capture_output=True
        )
        if shown.returncode or len(shown.stdout) > MAX_FILE_BYTES or b"\0" in shown.stdout:
            continue
        text = shown.stdout.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        for chunk in chunk_text(path, language, text):
            unit = CodeUnit(
                language,
                chunk.kind.value,
                chunk.symbol,
                chunk.signature,
                chunk.doc,
                chunk.calls,
                path,
                chunk.text,
            )
            places.append(Place(path, chunk.start_line, chunk.end_line))
            documents.append(code_document(unit))
    return places, documents


if __name__ == "__main__":
    main()
