"""Golden queries: the [[golden]] of repos.toml, asked of a generation before it serves.

The one place where the night and the search meet; the two programs know nothing of each other.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from index_store.errors import IndexDamaged, IndexStoreError
from indexer.golden import GoldenResult, Inspect, Verdict
from nightdex.models import embedders_of
from search_api.errors import SearchError

if TYPE_CHECKING:
    from nightdex.configuration import Configuration
    from nightdex.settings import Golden
    from search_api.answer import Hit
    from search_api.retrieval.vector import EmbedderFor
    from search_api.search import Searcher


def inspector(configuration: Configuration) -> Inspect | None:
    """What asks the golden queries of a night; None where repos.toml has none."""
    settings = configuration.settings
    if not settings.golden:
        return None
    return partial(inspect, configuration.state_dir, embedders_of(settings.embedding), settings.golden)


def inspect(
    state_dir: Path,
    embedder_for: EmbedderFor,
    entries: Sequence[Golden],
    generation: int,
    failed: Collection[str] = (),
) -> list[GoldenResult]:
    """Ask every golden query of a generation, and what it does not answer of the one that serves, too.

    Raises:
        IndexStoreError: the generation cannot be opened.
    """
    import asyncio  # noqa: PLC0415 - only nights with golden queries search

    from nightdex.logs import configure_logs  # noqa: PLC0415 - as above

    configure_logs()  # the search writes no lines through a `Log`
    return asyncio.run(_inspect(state_dir, embedder_for, entries, generation, failed))


async def _inspect(
    state_dir: Path,
    embedder_for: EmbedderFor,
    entries: Sequence[Golden],
    generation: int,
    failed: Collection[str],
) -> list[GoldenResult]:
    from search_api.search import searching  # noqa: PLC0415 - only nights with golden queries search

    async with searching(state_dir, embedder_for, generation=generation) as tonight:
        opened = tonight.serving.current()
        if opened.number != generation:  # an older one answers in the place of one that is damaged
            raise IndexDamaged(
                f"Generation {generation} was not published: it is damaged; see `nightdex check`."
            )
        asked = [await _ask(tonight, entry) for entry in entries]
        known = set(opened.repositories)
    before = {}
    if any(not one.place for one in asked):
        # Where nothing serves, or nothing that can be opened, there is nothing to lose.
        with contextlib.suppress(IndexStoreError):
            async with searching(state_dir, embedder_for) as serving:
                lost = [entry for entry, one in zip(entries, asked, strict=True) if not one.place]
                before = {entry: await _ask(serving, entry) for entry in lost}
    return [
        _judge(entry, one, before.get(entry, _NOWHERE), known, failed)
        for entry, one in zip(entries, asked, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Where the answer stands, from 1, or 0; what the search did without; why it came to nothing."""

    place: int = 0
    degraded: str = ""
    broken: str = ""


_NOWHERE = _Asked()


async def _ask(searcher: Searcher, entry: Golden) -> _Asked:
    from search_api.query import parse_query  # noqa: PLC0415 - as above

    try:
        query = parse_query(entry.query, mode=entry.mode, limit=entry.top, defer=False)
        answer = await searcher.search(query)
    except SearchError as error:
        return _Asked(broken=str(error))
    places = (place for place, hit in enumerate(answer.hits, 1) if _is_wanted(hit, entry))
    return _Asked(next(places, 0), degraded="; ".join(answer.degraded))


def _is_wanted(hit: Hit, entry: Golden) -> bool:
    if entry.symbol is not None and not f".{hit.symbol}".endswith(f".{entry.symbol}"):
        return False
    places = ((hit.repo, hit.path), *((copy.repo, copy.path) for copy in hit.also_in))
    return any(repo == entry.repo and entry.path in {None, path} for repo, path in places)


def _judge(
    entry: Golden, tonight: _Asked, before: _Asked, known: Collection[str], failed: Collection[str]
) -> GoldenResult:
    verdict, reason = Verdict.PASSED_OVER, ""
    if tonight.place:
        verdict = Verdict.FOUND
    elif entry.repo in failed:
        reason = f"{entry.repo} could not be read tonight"
    elif entry.repo not in known:
        reason = f"no repository '{entry.repo}' is indexed"
    elif tonight.degraded:
        reason = tonight.degraded
    else:
        verdict, reason = Verdict.LOST if before.place else Verdict.MISSING, tonight.broken
    wanted = ":".join(part for part in (entry.repo, entry.path, entry.symbol) if part)
    return GoldenResult(
        entry.query, wanted, entry.mode, entry.top, verdict, tonight.place, before.place, reason
    )
