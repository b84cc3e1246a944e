"""A search, from the checked query to the answer. Read it top to bottom."""

from __future__ import annotations

import asyncio
import time
import traceback
from contextlib import asynccontextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from index_store.errors import IndexStoreError
from index_store.filters import Filter
from index_store.matches import NO_MATCHES
from search_api.answer import Answer, Deferred, IndexInfo
from search_api.budget import within
from search_api.context_pack import pack_hits
from search_api.copies import fold_copies
from search_api.errors import IndexNotReady, SearchError, SearchTimedOut
from search_api.facets import count_facets
from search_api.heads import Heads
from search_api.hits import make_hits
from search_api.limits import (
    LIST_DEPTH,
    MAX_WINDOW,
    NO_MATCH_AT,
    OVERFETCH,
    PAGE_WINDOW,
    SEARCH_DEADLINE_S,
)
from search_api.query import Mode, Query, looks_like_symbol
from search_api.ranking.listed import exact_candidates, symbol_candidates
from search_api.ranking.signals import (
    EXACT_SIGNALS,
    FUSED_SIGNALS,
    SYMBOL_SIGNALS,
    Question,
    Ranking,
    in_order,
)
from search_api.ranking.symbols import canonical, symbol_words
from search_api.ranking.weights import DEFAULT_WEIGHTS, RankingWeights
from search_api.retrieval.exact import exact_matches
from search_api.retrieval.fuse import fuse
from search_api.retrieval.lexical import lexical_terms
from search_api.retrieval.members import member_rows
from search_api.retrieval.pattern import literal_pattern, regex_pattern
from search_api.retrieval.vector import NoVector
from search_api.serving import Serving
from search_api.similar import Like
from search_api.timing import stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from index_store.columns import VectorColumn
    from index_store.matches import Matches
    from index_store.reader import Reader, SearchColumn
    from index_store.schema import Vector
    from search_api.answer import Hit
    from search_api.copies import Copies
    from search_api.heads import HeadReader
    from search_api.ranking.signals import Signal
    from search_api.retrieval.fuse import Candidate, Candidates
    from search_api.retrieval.pattern import LineMatch
    from search_api.retrieval.vector import EmbedderFor
    from search_api.serving import OpenGeneration

# Which vectors, and which text under BM25, answer a mode.
_CODE: dict[str, VectorColumn] = {"code": "vector_code"}
_SUMMARY: dict[str, VectorColumn] = {"summary": "vector_summary"}
_DENSE = {
    Mode.RAW: _CODE,
    Mode.SUMMARY: _SUMMARY,
    Mode.HYBRID: _CODE | _SUMMARY,
    Mode.SIMILAR: _CODE,
}
_LEXICAL: dict[Mode, dict[str, SearchColumn]] = {
    Mode.RAW: {"lexical": "search_text"},
    Mode.SUMMARY: {"lexical": "summary_search_text"},
    Mode.HYBRID: {"lexical": "search_text", "description": "summary_search_text"},
    Mode.SIMILAR: {"lexical": "search_text"},
}

# Where every place is asked for, a copy is an answer of its own.
_SHOWING_COPIES = frozenset({Mode.EXACT, Mode.SIMILAR})


class Searcher:
    """Answers queries from the current generation. Use from one event loop, through `searching`."""

    def __init__(
        self,
        serving: Serving,
        weights: RankingWeights = DEFAULT_WEIGHTS,
        *,
        read_head: HeadReader | None = None,
        on_answer: Callable[[Answer, float], None] = lambda *_: None,
        on_shown: Callable[[Iterable[str]], None] = lambda _: None,
    ) -> None:
        """Take what git says of heads from `read_head`.

        Tell `on_answer` each answer and its seconds, and `on_shown` the ids of chunks that somebody saw.
        """
        self.serving = serving
        self.on_shown = on_shown
        self._on_answer = on_answer
        self.heads = Heads(read_head)
        self._weights = weights

    async def close(self) -> None:
        """Close what is open; requests that run keep their generation to their end."""
        self.heads.close()
        await self.serving.close()

    async def search(
        self, query: Query | Like, scope: Collection[str] | None = None, *, passing: bool = False
    ) -> Answer:
        """Answer one query; `scope` names the repositories the caller may see, None for all.

        A `passing` answer is one on the way to another, as while somebody types: its hits count as not seen.

        Raises:
            ChunkNotFound, PlaceInvalid: what it is to be like is not indexed.
            IndexNotReady: nothing is published, or its files do not answer.
            PatternInvalid: RE2 refuses the pattern.
            SearchTimedOut: it took longer than SEARCH_DEADLINE_S.
            ServerBusy: no place came free.
        """
        started = time.perf_counter()
        async with self.opened() as generation:
            origin = None
            if isinstance(query, Like):
                reader, visible = generation.reader, Filter(scope=None if scope is None else frozenset(scope))
                origin = query.find(reader.catalogue, lambda row: visible.admits(reader.catalogue, row))
                [shown] = await reader.shown_texts([origin])
                query = query.with_text(shown.text)
            search = _Search(generation, query, scope, self._weights, started, origin=origin)
            answer = await search.answer()
            with stage("heads"):
                hits = await self.heads.mark(answer.hits, generation.repositories)
        self._on_answer(answer, time.perf_counter() - started)
        if not passing:
            self.on_shown(hit.id for hit in hits)
        return replace(answer, hits=hits)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[OpenGeneration]:
        """The generation to answer one request from, with a place among those that run, and a deadline.

        Raises:
            IndexNotReady: nothing is published, or its files do not answer.
            SearchTimedOut: what ran inside took longer than SEARCH_DEADLINE_S.
            ServerBusy: no place came free.
        """
        async with self.serving.capacity.place(), self.serving.current().request() as generation:
            try:
                async with asyncio.timeout(SEARCH_DEADLINE_S):
                    yield generation
            except TimeoutError:
                raise SearchTimedOut(
                    f"The search took longer than {SEARCH_DEADLINE_S:g} s; narrow it with repo: or path:."
                ) from None
            except (SearchError, IndexStoreError):
                raise
            except Exception as error:
                if not _was_reading(error):
                    raise
                raise IndexNotReady(
                    f"Generation {generation.number} cannot be read; run `nightdex check`, then "
                    "`nightdex rollback`."
                ) from error


def _was_reading(error: Exception) -> bool:
    """Whether it came from reading the index: damaged files make lancedb, and us, raise anything."""
    modules = (frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__))
    return isinstance(error, OSError | RuntimeError) or any(
        module.split(".")[0] in {"lancedb", "index_store"} for module in modules
    )


@asynccontextmanager
async def searching(
    state_dir: Path,
    embedder_for: EmbedderFor,
    weights: RankingWeights = DEFAULT_WEIGHTS,
    read_head: HeadReader | None = None,
    *,
    generation: int | None = None,
) -> AsyncIterator[Searcher]:
    """A searcher over a generation, by default the current one; it does not follow CURRENT.

    Raises:
        IndexStoreError: nothing is published, or it cannot be opened.
    """
    searcher = Searcher(Serving(state_dir, embedder_for), weights, read_head=read_head)
    try:
        await searcher.serving.refresh(generation)
        yield searcher
    finally:
        await searcher.close()


class _Search:
    """One query on one generation."""

    def __init__(
        self,
        generation: OpenGeneration,
        query: Query,
        scope: Collection[str] | None,
        weights: RankingWeights,
        started: float,
        *,
        origin: int | None = None,
    ) -> None:
        self.generation = generation
        self.reader: Reader = generation.reader
        self.query = query
        self.question = Question(query.text, symbol_like=looks_like_symbol(query.text))
        self.weights = weights.of_statement() if self.question.is_statement else weights
        self.started = started
        self.origin = origin
        self.degraded = [generation.instead] if generation.instead else []
        self.matching_lines: dict[int, list[LineMatch]] = {}
        # SECURITY: the only place where what a caller may see meets what a caller asks for.
        self.where = Filter(
            scope=None if scope is None else frozenset(scope),
            repos=query.repos,
            languages=query.languages,
            kinds=query.kinds,
            paths=query.paths,
            not_paths=query.not_paths,
        )

    async def answer(self) -> Answer:
        """Retrieve, fuse, rank, and fetch the text of one page."""
        ranked = await self._ranked()
        offset, wanted = self.query.offset, self.query.offset + self.query.limit
        copies: Copies = {}
        if self.query.mode not in _SHOWING_COPIES:
            ranked, copies = fold_copies(ranked, self.reader.catalogue, self._allowed, wanted)
        page = ranked[offset:wanted]
        with stage("text"):
            hits = await make_hits(self.generation, self.query, page, self.matching_lines, copies)
        most, deferred = self.query.max_tokens, None
        if self.query.thinking:
            # The pack and the hits share what the caller has room for.
            room = self.query.pack_tokens if most is None else min(self.query.pack_tokens, most // 2)
            deferred = await self._deferred(hits, [candidate.row for candidate in page], room)
            most = None if most is None else most - deferred.pack.tokens
        if most is not None:
            hits = within(hits, most)
        end = offset + len(hits)
        more = len(ranked) > end and end + self.query.limit <= MAX_WINDOW
        manifest = self.reader.manifest
        embedder = manifest.embedder
        return Answer(
            query=self.query.given,
            mode=self.query.mode,
            mode_reason=self.query.mode_reason,
            took_ms=round((time.perf_counter() - self.started) * 1000, 3),
            degraded=tuple(self.degraded),
            index=IndexInfo(
                generation=manifest.generation,
                built_at=manifest.built_at,
                embedder=f"{embedder.provider}/{embedder.model}@{embedder.digest[:12]}",
            ),
            hits=hits,
            next_offset=end if more else None,
            left_out=len(page) - len(hits),
            deferred=deferred,
            facets=count_facets(ranked, self.reader.catalogue) if self.query.facets else None,
        )

    async def _deferred(self, hits: Sequence[Hit], rows: Sequence[int], max_tokens: int) -> Deferred:
        with stage("pack"):
            shown = await self.reader.shown_texts(rows)
        return Deferred(self.query.thinking, pack_hits(hits, [one.text for one in shown], max_tokens))

    async def _ranked(self) -> list[Candidate]:
        if self.query.mode is Mode.EXACT:
            pattern = regex_pattern(self.query.text) if self.query.regex else literal_pattern(self.query.text)
            with stage("scan"):
                found = await exact_matches(self.reader, pattern, self.where)
            self.degraded += found.degraded
            self.matching_lines = found.lines
            # A definition that does not hold the text is no exact match.
            members = await self._members(symbol_words(self.query.text))
            exact = exact_candidates(found.lines)
            return self._rank(exact, EXACT_SIGNALS, found.lines.__contains__, members)
        if self.query.mode is Mode.SYMBOL:
            word = canonical(self.query.text.strip())
            rows = await member_rows(self.reader, word, self.where)
            candidates = symbol_candidates(word, self.reader.catalogue, self._allowed, rows)
            return self._rank(candidates, SYMBOL_SIGNALS, self._allowed)
        with stage("lists"):
            lists = await self._lists()
        if self.query.mode is Mode.SIMILAR:
            alike = self._fused(lists, symbol_like=False)
            return in_order(candidate for row, candidate in alike.items() if row != self.origin)
        fused = self._fused(lists, symbol_like=self.question.symbol_like)
        members = await self._members(symbol_words(self.query.text))
        return self._rank(fused, FUSED_SIGNALS, self._allowed, members, lists.get("lexical", NO_MATCHES))

    async def _members(self, words: Sequence[str]) -> dict[str, list[int]]:
        """The rows that define each word among other things."""
        return {word: await member_rows(self.reader, word, self.where) for word in words}

    def _fused(self, lists: Mapping[str, Matches], *, symbol_like: bool) -> Candidates:
        return fuse(
            lists,
            self.weights,
            symbol_like=symbol_like,
            wanted=OVERFETCH * self._window,
            no_match_at=NO_MATCH_AT * self._window,
        )

    @property
    def _window(self) -> int:
        """How many hits the page needs, in whole windows."""
        want = self.query.offset + self.query.limit
        return -(-want // PAGE_WINDOW) * PAGE_WINDOW

    async def _lists(self) -> dict[str, Matches]:
        """Every list of the mode, fetched at once, down to LIST_DEPTH or further."""
        asked = self.weights.lists
        dense = {name: column for name, column in _DENSE[self.query.mode].items() if name in asked}
        words = {name: column for name, column in _LEXICAL[self.query.mode].items() if name in asked}
        deep = max(NO_MATCH_AT * self._window, LIST_DEPTH)
        # In this order: the words are looked for while the query is embedded.
        word_lists, dense_lists = await asyncio.gather(
            self._word_lists(words, deep), self._dense_lists(dense, deep)
        )
        return dense_lists | word_lists

    async def _dense_lists(self, columns: dict[str, VectorColumn], depth: int) -> dict[str, Matches]:
        if not columns:
            return {}
        try:
            with stage("embed"):
                vector = await self._vector()
        except NoVector as reason:
            self.degraded.append(str(reason))
            return {}
        lists = await self.reader.nearest_in(list(columns.values()), vector, depth, self.where)
        return dict(zip(columns, lists, strict=True))

    async def _vector(self) -> Vector:
        if self.origin is None:
            return await self.generation.embedder.vector(self.query.text)
        [stored] = await self.reader.vectors([self.origin], "vector_code")
        if stored is None:
            raise NoVector("embedder failed: this chunk has no vector; it is compared by its words alone")
        return stored

    async def _word_lists(self, columns: dict[str, SearchColumn], depth: int) -> dict[str, Matches]:
        words = lexical_terms(self.query.text)
        if not words:
            return {}
        lists = await self.reader.lexical_in(dict.fromkeys(columns.values(), depth), words, self.where)
        return dict(zip(columns, lists, strict=True))

    def _allowed(self, row: int) -> bool:
        return self.where.admits(self.reader.catalogue, row)

    def _rank(
        self,
        candidates: Candidates,
        signals: tuple[Signal, ...],
        allowed: Callable[[int], bool],
        members: Mapping[str, Sequence[int]] = MappingProxyType({}),
        lexical: Matches = NO_MATCHES,
    ) -> list[Candidate]:
        ranking = Ranking(
            candidates=candidates,
            question=self.question,
            catalogue=self.reader.catalogue,
            allowed=allowed,
            weights=self.weights,
            # Where no list found anything, signals that add rows still need a size.
            top=max((candidate.score for candidate in candidates.values()), default=1.0),
            members=members,
            lexical=lexical,
        )
        with stage("rank"):
            for signal in signals:
                signal(ranking)
            return in_order(candidates.values())
