"""What `nightdex ask` does, once the command line is read."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from search_api.asking import Action, CheckedCitation, Ended, Said, Voided
from search_api.caller import Caller
from search_api.render import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model_chain.chain import Chain
    from search_api.asking import Asked, Event
    from search_api.query import Query
    from search_api.retrieval.vector import EmbedderFor

CALLER = Caller("cli")


def ask_command(
    query: Query, action: Action, state_dir: Path, embedder_for: EmbedderFor, chain: Chain, *, as_json: bool
) -> int:
    """Ask in this process and write what comes back; 1 where an answer was asked for and none was to be had.

    Raises:
        IndexStoreError: nothing is published (exit 10), or it cannot be opened.
        SearchError: the search cannot be made.
    """
    asked = asyncio.run(
        _ask(query, action, state_dir, embedder_for, chain, to=None if as_json else sys.stdout)
    )
    if as_json:
        sys.stdout.write(json.dumps(asdict(asked), ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _closing(asked))
        sys.stderr.writelines(f"{line}\n" for line in _beside(asked))
    return 1 if asked.failure else 0


async def _ask(
    query: Query,
    action: Action,
    state_dir: Path,
    embedder_for: EmbedderFor,
    chain: Chain,
    *,
    to: TextIO | None,
) -> Asked:
    from search_api.defer import Deferrer  # noqa: PLC0415 - lancedb takes a second to import
    from search_api.search import searching  # noqa: PLC0415 - the same

    async with (
        searching(state_dir, embedder_for) as searcher,
        aclosing(Deferrer(searcher, chain).ask(query, action, CALLER)) as events,
    ):
        async for event in events:
            if isinstance(event, Ended):
                return event.asked
            if to is not None:
                _show(event, to)
    raise AssertionError("`ask` ends with Ended")


def _show(event: Event, to: TextIO) -> None:
    if isinstance(event, Said):
        to.write(visible(event.text))
    elif isinstance(event, CheckedCitation):
        to.write(f" [{visible(event.path)}:{event.start_line}]")
    elif isinstance(event, Voided):
        to.write("\n[the answer begins anew]\n")
    to.flush()


def _closing(asked: Asked) -> Iterator[str]:
    """What stands below an answer, or in its place: the places it cites, or the code itself."""
    if asked.answer is not None:
        yield ""
        places = {(one.repo, one.path, one.start_line, one.end_line) for one in asked.answer.citations}
        yield from (
            f"  {visible(repo)}/{visible(path)}:{first}-{last}" for repo, path, first, last in sorted(places)
        )
        return
    for chunk in asked.pack.chunks if asked.pack is not None else ():
        yield f"== {visible(chunk.source)}  {visible(chunk.symbol)}{'' if chunk.whole else '  (outline)'}"
        yield visible(chunk.text)
    for hit in asked.hits:
        yield f"{visible(hit.repo)}/{visible(hit.path)}:{hit.start_line}  {visible(hit.symbol)}"


def _beside(asked: Asked) -> Iterator[str]:
    yield from (visible(sentence) for sentence in asked.degraded)
    if asked.failure is not None:
        yield f"nightdex: {visible(asked.reason)}: {visible(asked.failure.detail)}"
    if (answer := asked.answer) is None:
        return
    if answer.cut_off:
        yield "the answer reached its length limit and is cut off"
    if answer.rejected_citations:
        yield f"{len(answer.rejected_citations)} citations point at nothing in the context and were dropped"
    paid = [
        "unknown cost" if money is None else f"${money:.4f}"
        for money in (answer.marginal_usd, answer.cost_usd)
    ]
    yield f"{answer.tier}: {answer.model}, {paid[0]} ({paid[1]} at list price), {asked.took_ms / 1000:.1f} s"
