"""What `nightdex search` and `nightdex serve` do, once the command line is read."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
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
    answer, locations = asyncio.run(_search(query, state_dir, embedder_for))
    local = {name: location for name, location in locations.items() if Path(location).is_dir()}
    _write(answer, local, output, to or sys.stdout)
    return 0


async def _search(
    query: Query | Like, state_dir: Path, embedder_for: EmbedderFor
) -> tuple[Answer, dict[str, str]]:
    from search_api.search import searching  # noqa: PLC0415 - lancedb takes a second to import

    async with searching(state_dir, embedder_for) as searcher:
        answer = await searcher.search(query)
        states = searcher.serving.current().repositories
        return answer, {name: state.location for name, state in states.items()}


def _write(answer: Answer, roots: dict[str, str], output: Output, to: TextIO) -> None:
    from rich.console import Console  # noqa: PLC0415 - `--json` has no use for it

    from search_api import render  # noqa: PLC0415 - the same

    match output:
        case Output.JSON:
            to.write(json.dumps(asdict(answer), ensure_ascii=False) + "\n")
        case Output.VIMGREP:
            to.writelines(f"{line}\n" for line in render.vimgrep(answer, roots))
            for sentence in answer.degraded:  # beside the lines: an editor reads every line as a place
                print(f"nightdex: {render.visible(sentence)}", file=sys.stderr)  # noqa: T201 - the command's own output
        case Output.HUMAN:
            Console(file=to, highlight=False, soft_wrap=True).print(render.human(answer))
