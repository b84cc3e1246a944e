"""What `nightdex search` does, once the command line is read."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from index_store.schema import RepositoryState
    from search_api.answer import Answer
    from search_api.query import Query
    from search_api.retrieval.vector import EmbedderFor
    from search_api.similar import Like


class Output(StrEnum):
    """How an answer is written."""

    HUMAN = "human"
    JSON = "json"
    VIMGREP = "vimgrep"


def search_command(
    query: Query | Like,
    state_dir: Path,
    embedder_for: EmbedderFor,
    output: Output = Output.HUMAN,
    *,
    to: TextIO | None = None,
) -> int:
    """Search the published index in this process and write the answer; 0 also where there are no hits.

    Raises:
        IndexStoreError: nothing is published (exit 10), or it cannot be opened.
        SearchError: the query cannot be answered.
    """
    answer, repositories = asyncio.run(_search(query, state_dir, embedder_for))
    write_answer(answer, repositories, output, to=to or sys.stdout, beside=sys.stderr)
    return 0


async def _search(
    query: Query | Like, state_dir: Path, embedder_for: EmbedderFor
) -> tuple[Answer, Mapping[str, RepositoryState]]:
    from search_api.search import searching  # noqa: PLC0415 - lancedb takes a second to import

    async with searching(state_dir, embedder_for) as searcher:
        return await searcher.search(query), searcher.serving.current().repositories


def write_answer(
    answer: Answer,
    repositories: Mapping[str, RepositoryState],
    output: Output,
    *,
    to: TextIO,
    beside: TextIO,
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Write an answer from these repositories, and to `beside` what is no line of it.

    Of `environ` it depends on what a terminal understands.
    """
    if output is Output.JSON:
        to.write(json.dumps(asdict(answer), ensure_ascii=False) + "\n")
        return
    from rich.console import Console  # noqa: PLC0415 - `--json` has no use for it

    from search_api import render  # noqa: PLC0415 - the same

    if output is Output.HUMAN:
        console = Console(file=to, highlight=False, soft_wrap=True, _environ=environ)
        console.print(render.human(answer))
        return
    named = {name: state.location for name, state in repositories.items()}
    local = {name: location for name, location in named.items() if Path(location).is_dir()}
    to.writelines(f"{line}\n" for line in render.vimgrep(answer, local))
    # Beside the lines: an editor reads every line as a place.
    beside.writelines(f"nightdex: {render.visible(sentence)}\n" for sentence in answer.degraded)
