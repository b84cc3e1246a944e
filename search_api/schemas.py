"""Requests and replies of the HTTP edge. Types only: `parse_query` checks the values, in one place."""

from __future__ import annotations

from typing import Literal, Self, TypedDict

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from search_api.answer import Hit, IndexInfo
from search_api.limits import (
    DEFAULT_LIMIT,
    MAX_FILTER_VALUES,
    MAX_LIMIT,
    MAX_LINE,
    MAX_TOKENS,
    MAX_WINDOW,
    MIN_TOKENS,
)
from search_api.query import Mode, Query, parse_query

_NAMES: JsonDict = {"maxItems": MAX_FILTER_VALUES}


class FilterArguments(TypedDict):
    """The filters of a request, as `parse_query` takes them."""

    repos: list[str]
    languages: list[str]
    paths: list[str]
    kinds: list[str]


class Filtered(BaseModel):
    """What every request about code may narrow: each is any of its values, or all where it has none."""

    model_config = ConfigDict(extra="forbid")

    repo: list[str] = Field(default=[], description="Repository names.", json_schema_extra=_NAMES)
    lang: list[str] = Field(default=[], description="Languages.", json_schema_extra=_NAMES)
    path: list[str] = Field(default=[], description="Folders, files, globs.", json_schema_extra=_NAMES)
    kind: list[str] = Field(default=[], description="Chunk kinds.", json_schema_extra=_NAMES)

    def filters(self) -> FilterArguments:
        """For `parse_query`."""
        return {"repos": self.repo, "languages": self.lang, "paths": self.path, "kinds": self.kind}


class SearchRequest(Filtered):
    """One question. Inline qualifiers in `query` (`repo:shop -path:tests`) add to the filters."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"query": "where are sessions refreshed", "repo": ["shop"]}]},
    )

    query: str = Field(description="What to look for.", examples=["where are sessions refreshed"])
    mode: str = Field(default=Mode.HYBRID.value, json_schema_extra={"enum": [mode.value for mode in Mode]})
    limit: int = Field(default=DEFAULT_LIMIT, json_schema_extra={"minimum": 1, "maximum": MAX_LIMIT})
    offset: int = Field(default=0, json_schema_extra={"minimum": 0, "maximum": MAX_WINDOW - 1})
    regex: bool = Field(default=False, description="Mode exact: `query` is an RE2 pattern.")
    max_tokens: int | None = Field(
        default=None,
        description="What the hits may cost a model that reads them.",
        json_schema_extra={"minimum": MIN_TOKENS, "maximum": MAX_TOKENS},
    )

    defer: Literal["handback", "never"] = Field(
        default="handback",
        description="Mode auto: whether a question that needs thinking comes with a context pack.",
    )

    facets: bool = Field(default=False, description="Count what was found by repository, language and kind.")

    def to_query(self) -> Query:
        """The checked query.

        Raises:
            QueryError: with the code of what is wrong.
        """
        return parse_query(
            self.query,
            mode=self.mode,
            **self.filters(),
            limit=self.limit,
            offset=self.offset,
            regex=self.regex,
            max_tokens=self.max_tokens,
            defer=self.defer != "never",
            facets=self.facets,
        )


class SymbolRequest(Filtered):
    """Which definitions to find."""

    query: str = Field(description="A name, a qualified name or its beginning.", examples=["Session.refresh"])
    limit: int = Field(default=DEFAULT_LIMIT, json_schema_extra={"minimum": 1, "maximum": MAX_LIMIT})
    offset: int = Field(default=0, json_schema_extra={"minimum": 0, "maximum": MAX_WINDOW - 1})

    def to_query(self) -> Query:
        """The checked query.

        Raises:
            QueryError: with the code of what is wrong.
        """
        return parse_query(
            self.query,
            mode=Mode.SYMBOL,
            **self.filters(),
            limit=self.limit,
            offset=self.offset,
        )


class Symbol(BaseModel):
    """One definition."""

    id: str
    symbol: str
    kind: str
    signature: str
    summary: str
    repo: str
    path: str
    language: str
    start_line: int
    end_line: int

    @classmethod
    def of(cls, hit: Hit) -> Self:
        """The definition that a hit is."""
        return cls(**{name: getattr(hit, name) for name in cls.model_fields})


class Symbols(BaseModel):
    """A page of definitions, best first."""

    index: IndexInfo
    symbols: list[Symbol]
    next_offset: int | None


class FileRequest(BaseModel):
    """Which lines of which file to read."""

    model_config = ConfigDict(extra="forbid")

    repo: str = Field(examples=["shop"])
    path: str = Field(description="As hits have it.", examples=["src/auth/session.py"])
    start_line: int = Field(default=1, ge=1, le=MAX_LINE)
    end_line: int | None = Field(default=None, ge=1, le=MAX_LINE, description="Inclusive; default: the end.")


class Alive(BaseModel):
    """The process answers."""

    status: str = "alive"


class Ready(BaseModel):
    """A generation is open and a search works."""

    status: str = "ready"
    generation: int
    degraded: list[str] = Field(description="What searches do without at the moment.")


class Status(BaseModel):
    """What is being served."""

    version: str
    generation: int
    built_at: str
    embedder: str
    embedder_up: bool = Field(description="Whether queries get a vector at the moment.")
    chunks: int
    repositories: int
    stale_repositories: list[str]


class Repository(BaseModel):
    """One indexed repository and how fresh it is."""

    name: str
    branch: str
    commit: str
    committed_at: int = Field(description="Unix seconds.")
    files: int
    chunks: int
    indexed_at: str
    stale: bool
    stale_reason: str
    location: str = Field(
        description="Its folder or address, for a caller on this machine; empty for others."
    )


class Repositories(BaseModel):
    """Every repository of the generation, by name."""

    generation: int
    repositories: list[Repository]
