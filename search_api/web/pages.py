"""The pages: search, and one chunk. They ask the same Searcher, in the same scope, as the API does."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from index_store.errors import IndexStoreError
from search_api.caller import LOCAL, Caller, CallerOf
from search_api.dependencies import SearcherOf
from search_api.errors import IndexNotReady, RouteNotFound, SearchError
from search_api.limits import PAGE_HITS
from search_api.query import Mode, parse_query
from search_api.query import Query as SearchQuery
from search_api.search import Searcher
from search_api.web.index_view import index_view
from search_api.web.static_files import static_files
from search_api.web.templates import html
from search_api.web.view import chunk_view, hit_views

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
    return await _search_page("search.html", asked, searcher, caller)


@router.get("/results")
async def get_results(asked: Asked, searcher: SearcherOf, caller: CallerOf) -> Response:
    """The part of the search page that changes while one types."""
    return await _search_page("results.html", asked, searcher, caller)


@router.get("/chunk/{chunk_id}")
async def get_chunk(chunk_id: str, searcher: SearcherOf, caller: CallerOf) -> Response:
    """One chunk, whole."""
    async with searcher.serving.current().request() as generation:
        row = generation.reader.catalogue.by_id(chunk_id)
        # SECURITY: what a caller may not see is not there.
        if row is None or not caller.may_see(generation.reader.catalogue.repo[row]):
            gone = RouteNotFound("This chunk is not in the index; the code may have changed. Search for it.")
            values = {"here": "/", "asked": PageRequest(), "answer": None, "hits": [], "problem": gone}
            return await _html("search.html", searcher, caller, values, gone.http_status)
        (chunk,) = await generation.reader.chunks([row])
        view = await asyncio.to_thread(chunk_view, generation, chunk, local=caller == LOCAL)
    return await _html("chunk.html", searcher, caller, {"here": "", "view": view})


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


async def _search_page(template: str, asked: PageRequest, searcher: Searcher, caller: Caller) -> Response:
    values: dict[str, Any] = {"here": "/", "asked": asked, "answer": None, "hits": [], "problem": None}
    status = 200
    try:
        if asked.q.strip():
            query = asked.to_query()
            answer = await searcher.search(query, caller.scope)
            async with searcher.serving.current().request() as generation:
                hits = await hit_views(generation, query, answer.hits, local=caller == LOCAL)
            values |= {"answer": answer, "hits": hits, "regex": query.regex}
    except (SearchError, IndexStoreError) as error:
        values["problem"], status = error, error.http_status if isinstance(error, SearchError) else 503
    return await _html(template, searcher, caller, values, status)


async def _html(
    template: str, searcher: Searcher, caller: Caller, values: dict[str, Any], status: int = 200
) -> Response:
    try:
        generation = searcher.serving.current()
    except IndexNotReady as error:
        generation, values["problem"], status = None, error, 503
    values["index"] = None if generation is None else index_view(generation, caller.scope)
    return await html(template, status, modes=MODES, page_hits=PAGE_HITS, **values)
