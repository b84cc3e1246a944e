"""Asks semble, in whatever interpreter has it: jobs as JSON on stdin, a line of JSON a repository on stdout.

Run by `benchmarks.peers` as a plain script: semble and nightdex need not share an environment.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import Any

DEPTH = 10


def main() -> None:
    """Index and ask each repository of `[{"name", "folder", "questions"}]`."""
    semble = importlib.import_module("semble")  # not in the interpreter that lists the benchmarks
    for job in json.load(sys.stdin):
        began = time.perf_counter()
        index = semble.SembleIndex.from_path(job["folder"])
        indexed = time.perf_counter() - began
        answers = [_ask(index, question) for question in job["questions"]]
        print(json.dumps({"name": job["name"], "seconds": indexed, "answers": answers}), flush=True)


def _ask(index: Any, question: str) -> dict[str, Any]:  # noqa: ANN401 - semble is not here to check against
    began = time.perf_counter()
    results = index.search(question, top_k=DEPTH)
    seconds = time.perf_counter() - began
    chunks = [result.chunk for result in results]
    places = [[chunk.file_path, chunk.start_line, chunk.end_line] for chunk in chunks]
    return {"seconds": seconds, "places": places}


if __name__ == "__main__":
    main()
