"""Asks one index, as a server does, and prints what it measured as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.plain import PlainTable
from index_store.filters import Filter
from index_store.memory import leave_out_of_collections
from index_store.reader import Reader
from model_chain.backends.embedded import EmbeddedEmbedder
from search_api.app import create_app
from search_api.query import Mode, parse_query
from search_api.search import Searcher
from search_api.serving import Serving

QUESTIONS = 200
TOP = 10

MODES = {
    "hybrid": {"mode": Mode.HYBRID},
    "raw": {"mode": Mode.RAW},
    "summary": {"mode": Mode.SUMMARY},
    "symbol": {"mode": Mode.SYMBOL},
    "hybrid, repo": {"mode": Mode.HYBRID, "repos": ["repo07"]},
}


async def main(state: Path) -> dict[str, Any]:
    """Memory first, as long as nothing but the API is in this process; then time, then what is found."""
    embedder = EmbeddedEmbedder()
    create_app(state, lambda _: embedder)
    leave_out_of_collections()
    began = time.perf_counter()
    serving = Serving(state, lambda _: embedder, staying=True)
    await serving.refresh()
    opened = time.perf_counter() - began
    if serving.current().embedder.record.digest != embedder.fingerprint.digest:
        raise SystemExit("the index was made with another table: build --state anew, and empty --work")
    searcher = Searcher(serving)
    reader = serving.current().reader
    questions = await _questions(reader)
    began = time.perf_counter()
    await searcher.search(parse_query(questions[0]))
    cold = time.perf_counter() - began
    for question in questions:
        await searcher.search(parse_query(question))
    memory = _memory()

    plain = PlainTable(state)
    await plain.open()

    degraded = 0

    async def ask(text: str, fields: dict[str, Any]) -> None:
        nonlocal degraded
        serving.current().embedder._cache.clear()  # noqa: SLF001 - the embedding is part of the time
        answer = await searcher.search(parse_query(text, **fields))
        # Where other programs keep the embedder from its deadline the answer counts, and is counted.
        degraded += bool(answer.degraded)

    async def ask_plain(text: str) -> None:
        await plain.hybrid(embedder.embed_query(text), text)

    times: dict[str, list[tuple[float, float]]] = {name: [] for name in (*MODES, "plain")}
    # In turn, so that whatever else the machine does meets all of them alike.
    for question in questions:
        for name, fields in MODES.items():
            times[name].append(await _timed(lambda q=question, f=fields: ask(q, f)))  # type: ignore[misc]
        times["plain"].append(await _timed(lambda q=question: ask_plain(q)))  # type: ignore[misc]
    recall = await _recall(reader, embedder, questions)
    await searcher.close()
    return {
        "open_s": opened,
        "cold_ms": cold * 1000,
        "modes": {name: _summary(times[name]) for name in MODES},
        "degraded": degraded,
        "plain_hybrid": _summary(times["plain"]),
        "recall_at_10": recall,
        "memory": memory,
    }


async def _questions(reader: Reader) -> list[str]:
    """First sentences of descriptions and, every fourth, a symbol: what people and agents ask."""
    random = np.random.default_rng(7)
    rows = random.choice(len(reader.catalogue), 4 * QUESTIONS, replace=False).tolist()
    found: list[str] = []
    for row, shown in zip(rows, await reader.shown_texts(rows), strict=True):
        sentence = shown.summary.partition(". ")[0][:120]
        symbol = reader.catalogue.symbol[row]
        found.append(symbol if len(found) % 4 == 3 and symbol else sentence)
    return [text for text in found if len(text) > 3][:QUESTIONS]


async def _timed(work: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    began, used = time.perf_counter(), time.process_time()
    await work()
    return (time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000


def _summary(times: list[tuple[float, float]]) -> dict[str, float]:
    wall, cpu = np.array(times).T
    return {
        "p50": float(np.percentile(wall, 50)),
        "p99": float(np.percentile(wall, 99)),
        "min": float(wall.min()),
        "cpu": float(np.percentile(cpu, 50)),
    }


async def _recall(reader: Reader, embedder: EmbeddedEmbedder, questions: list[str]) -> dict[str, float]:
    """Of the ten nearest by an exact scan, the share found; what is as near as the tenth counts as well."""
    vectors = np.stack([embedder.embed_query(question) for question in questions])
    recalls = {}
    for column in ("vector_code", "vector_summary"):
        exact = np.full((len(questions), TOP), -2.0, np.float32)
        rows = range(len(reader.catalogue))
        for start in range(0, len(rows), 20_000):
            block = [v for v in await reader.vectors(rows[start : start + 20_000], column) if v is not None]
            scores = np.hstack([exact, vectors @ np.stack(block).T])
            exact = np.sort(scores, axis=1)[:, -TOP:]
        found = [await reader.nearest(column, vector, TOP * 10, Filter()) for vector in vectors]
        shares = [
            sum(match.score >= least - 1e-5 for match in matches[:TOP]) / TOP
            for matches, least in zip(found, exact[:, 0], strict=True)
        ]
        recalls[column.removeprefix("vector_")] = float(np.mean(shares))
    return recalls


def _memory() -> dict[str, int]:
    """What the kernel counts for this process, in bytes: all, and what is not backed by a file."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {
        name: int(status[field].split()[0]) * 1024
        for name, field in (("resident", "VmRSS"), ("of it anonymous", "RssAnon"), ("peak", "VmHWM"))
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(Path(sys.argv[1])))))
