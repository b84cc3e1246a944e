"""The pages: search, and one chunk. They ask the same Searcher, in the same scope, as the API does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from index_store.errors import IndexStoreError
from search_api.answer import Answer
from search_api.caller import LOCAL, Caller, CallerOf
from search_api.dependencies import SearcherOf
from search_api.errors import IndexNotReady, RouteNotFound, SearchError
from search_api.limits import MAX_LINE, PAGE_HITS, SIMILAR_HITS
from search_api.query import Mode, parse_query
from search_api.query import Query as SearchQuery
from search_api.reading import read_chunk, read_file
from search_api.search import Searcher
from search_api.similar import Like
from search_api.web.facets import FilterGroup, filter_groups
from search_api.web.index_view import IndexView, index_view
from search_api.web.static_files import static_files
from search_api.web.templates import html
from search_api.web.view import by_file, chunk_view, file_view, hit_views

router = APIRouter(include_in_schema=False)

MODES = (
    (Mode.AUTO, "Auto", "Chosen from the text: what stands in quotes is matched exactly"),
    (Mode.HYBRID, "Hybrid", "Code vectors, description vectors and BM25 together"),
    (Mode.RAW, "Code", "Code vectors and BM25 over code"),
    (Mode.SUMMARY, "Description", "Description vectors and BM25 over descriptions"),
    (Mode.SYMBOL, "Symbol", "Definitions by name"),
    (Mode.EXACT, "Exact", "The text itself, case and blanks included"),
)


class PageRequest(BaseModel):
    """The address of a search page. What it does not know is ignored: people edit addresses."""

    q: str = ""
    mode: str = Mode.AUTO.value
    repo: list[str] = Field(default=[])
    lang: list[str] = Field(default=[])
    kind: list[str] = Field(default=[])
    path: list[str] = Field(default=[])
    regex: bool = False
    offset: int = 0

    def to_query(self) -> SearchQuery:
        """The checked query.

        Raises:
            QueryError: with what is wrong.
        """
        return parse_query(
            self.q,
            mode=Mode.EXACT if self.regex else self.mode,
            repos=self.repo,
            languages=self.lang,
            kinds=self.kind,
            paths=[path for path in self.path if path.strip()],
            limit=PAGE_HITS,
            offset=self.offset,
            regex=self.regex,
        )

    def address(self, offset: int) -> str:
        """The address of another page of the same search."""
        return self._address(offset=offset)

    def without_filters(self) -> str:
        """The address of the same query in every repository, language, kind and path."""
        return self._address(repo=[], lang=[], kind=[], path=[], offset=0)

    def in_mode(self, mode: str) -> str:
        """The address of the same search in another mode."""
        return self._address(mode=mode, regex=False, offset=0)

    def _address(self, **changed: object) -> str:
        fields = self.model_copy(update=changed).model_dump(exclude_defaults=True)
        return "/?" + urlencode({name: _typed(value) for name, value in fields.items()}, doseq=True)


def _typed(value: object) -> object:
    """As a form would send it."""
    return "true" if value is True else value


Asked = Annotated[PageRequest, Query()]


@router.get("/")
async def get_page(asked: Asked, searcher: SearcherOf, caller: CallerOf) -> Response:
    """The search page, with hits when the address asks for some."""
    return await _search_page("search.html", asked, searcher, caller, passing=False)


@router.get("/results")
async def get_results(
    asked: Asked, searcher: SearcherOf, caller: CallerOf, *, typing: bool = False
) -> Response:
    """The parts of the search page that change; while one types, what they show counts as not seen."""
    return await _search_page("results.html", asked, searcher, caller, passing=typing)


@router.get("/similar/{chunk_id}")
async def get_similar_page(chunk_id: str, searcher: SearcherOf, caller: CallerOf) -> Response:
    """Code like one chunk."""
    try:
        like = Like(parse_query(chunk_id, mode=Mode.SIMILAR, limit=SIMILAR_HITS))
        answer = await searcher.search(like, caller.scope)
        async with searcher.opened() as generation:
            chunk = await read_chunk(generation, caller, chunk_id)
            origin = await asyncio.to_thread(chunk_view, generation, chunk, caller)
            hits = await hit_views(generation, None, answer.hits, local=caller == LOCAL)
    except (SearchError, IndexStoreError) as error:
        return await problem_page(error, searcher, caller)
    return await html("similar.html", here="", origin=origin, answer=answer, files=by_file(hits))


@router.get("/chunk/{chunk_id}")
async def get_chunk_page(chunk_id: str, searcher: SearcherOf, caller: CallerOf) -> Response:
    """One chunk, whole."""
    try:
        async with searcher.opened() as generation:
            chunk = await read_chunk(generation, caller, chunk_id)
            view = await asyncio.to_thread(chunk_view, generation, chunk, caller)
    except (SearchError, IndexStoreError) as error:
        return await problem_page(error, searcher, caller)
    searcher.on_shown([chunk_id])
    return await html("chunk.html", here="", view=view)


@router.get("/file")
async def get_file_page(
    repo: str,
    path: str,
    searcher: SearcherOf,
    caller: CallerOf,
    first: Annotated[int, Query(alias="from", ge=1, le=MAX_LINE)] = 1,
) -> Response:
    """A file as it was indexed."""
    try:
        async with searcher.opened() as generation:
            file = await read_file(generation, caller, repo, path, first=first)
            view = await asyncio.to_thread(file_view, generation, file, caller)
    except (SearchError, IndexStoreError) as error:
        return await problem_page(error, searcher, caller)
    return await html("file.html", here="", view=view)


@router.get("/static/{name}")
async def get_static(name: str, request: Request) -> Response:
    """A script, the style sheet, or the icon."""
    file = static_files().get(name)
    if file is None:
        raise RouteNotFound("There is no such file; see docs/API.md.")
    headers = {"ETag": file.etag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)


async def _search_page(
    template: str, asked: PageRequest, searcher: Searcher, caller: Caller, *, passing: bool
) -> Response:
    if not asked.q.strip():
        return await _html(template, searcher, caller, _nothing_found(asked))
    try:
        query = asked.to_query()
        # The page shows code; what has to be thought about is not thought about while somebody types.
        asked_for = replace(query, thinking="", facets=True)
        answer = await searcher.search(asked_for, caller.scope, passing=passing)
        async with searcher.opened() as generation:
            hits = await hit_views(generation, query, answer.hits, local=caller == LOCAL)
    except (SearchError, IndexStoreError) as error:
        values = {**_nothing_found(asked), "problem": error}
        return await _html(template, searcher, caller, values, _status(error))
    values = {**_nothing_found(asked), "answer": answer, "files": by_file(hits), "query": query}
    return await _html(template, searcher, caller, values)


async def problem_page(error: Exception, searcher: Searcher, caller: Caller) -> Response:
    """The search page with what went wrong instead of hits."""
    values = {**_nothing_found(PageRequest()), "problem": error}
    return await _html("search.html", searcher, caller, values, _status(error))


def _nothing_found(asked: PageRequest) -> dict[str, Any]:
    return {"here": "/", "asked": asked, "answer": None, "files": [], "problem": None, "query": None}


def _filters(
    index: IndexView, *, asked: PageRequest, answer: Answer | None, query: SearchQuery | None, **_: object
) -> list[FilterGroup]:
    chosen = {"repo": asked.repo, "lang": asked.lang, "kind": asked.kind}
    return filter_groups(index.facets, answer.facets if answer else None, query, chosen)


def _status(error: Exception) -> int:
    return error.http_status if isinstance(error, SearchError) else IndexNotReady.http_status


async def _html(
    template: str, searcher: Searcher, caller: Caller, values: dict[str, Any], status: int = 200
) -> Response:
    try:
        generation = searcher.serving.current()
    except IndexNotReady as error:
        generation, values["problem"], status = None, error, 503
    index = None if generation is None else index_view(generation, caller.scope)
    filters = _filters(index, **values) if index else []
    values |= {"index": index, "filters": filters}
    return await html(template, status, modes=MODES, page_hits=PAGE_HITS, **values)
