"""What a state directory answers, asked as a server asks it: every mode, every hit, whole."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from model_chain.testing import FakeEmbedder
from search_api.query import Mode, parse_query
from search_api.search import Searcher
from search_api.serving import Serving

MODES = (Mode.HYBRID, Mode.SUMMARY, Mode.EXACT, Mode.SYMBOL)
TEXTS = ("total", "value in values")

# Repository, path, lines, symbol, description and text of a hit.
Shown = tuple[str, str, int, int, str, str, str]


@dataclass(frozen=True, slots=True)
class Answers:
    """What one generation answered, and what it said it had to do without."""

    generation: int
    hits: tuple[tuple[Shown, ...], ...]
    degraded: tuple[str, ...]


async def ask(searcher: Searcher) -> Answers:
    """Ask everything.

    Raises:
        SearchError, IndexStoreError: as a search raises them.
    """
    told = [await searcher.search(parse_query(text, mode=mode, limit=50)) for mode in MODES for text in TEXTS]
    (generation,) = {answer.index.generation for answer in told}
    hits = tuple(
        tuple(
            (hit.repo, hit.path, hit.start_line, hit.end_line, hit.symbol, hit.summary, hit.snippet)
            for hit in answer.hits
        )
        for answer in told
    )
    return Answers(generation, hits, tuple(sorted({one for answer in told for one in answer.degraded})))


def answers(state: Path) -> Answers:
    """Ask everything of a server that starts now.

    Raises:
        SearchError, IndexStoreError: as the server's start and a search raise them.
    """

    async def serve() -> Answers:
        searcher = Searcher(Serving(state, lambda _: FakeEmbedder(), staying=True))
        try:
            await searcher.serving.refresh()
            return await ask(searcher)
        finally:
            await searcher.close()

    return asyncio.run(serve())
