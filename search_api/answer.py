"""What a search gives back, exactly as the JSON of the API and of `--json` has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from search_api.context_pack import ContextPack


@dataclass(frozen=True, slots=True)
class Why:
    """Why a hit is there: its rank from 1 in each list that found it, and the signals that moved it."""

    code: int | None
    summary: int | None
    lexical: int | None
    description: int | None
    exact: int | None
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A matching line: its number in the file and the first match's column in characters, both from 1."""

    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Enclosing:
    """The definition around a hit: its class or module, or the whole of which it is a part."""

    symbol: str
    kind: str
    start_line: int


@dataclass(frozen=True, slots=True)
class Copy:
    """The same code in another repository, word for word or nearly so."""

    id: str
    repo: str
    path: str
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One chunk that answers the query.

    Attributes:
        id: stable while repository, path and content stay the same.
        start_line: first line of the chunk, from 1; `end_line` is the last, inclusive.
        score: comparable within one answer only.
        snippet: the lines that matter most, unchanged except that very long ones are cut.
        snippet_start_line: the line of the file that the snippet starts with.
        lines_left_out: lines of the chunk that the snippet does not show.
        matches: exact mode: where it matches; otherwise the line that matters most.
        enclosing: the definition around it, None at the top of a file.
        also_in: its copies in other repositories that the query allows, the first MAX_COPIES of them;
            `copies` counts all. They are no hits of their own.
        blob_id: the git blob the chunk was cut from; for plain folders computed the same way.
        commit: the commit the chunk was read from; "" for plain folders.
        stale: the repository could not be read last night and this is from an earlier one.
        head_moved: whether the branch has another commit now; None where that cannot be told.
        outdated: whether the file is another one there, or gone: code and description are older than it.
    """

    id: str
    repo: str
    path: str
    start_line: int
    end_line: int
    language: str
    kind: str
    symbol: str
    signature: str
    score: float
    why: Why
    summary: str
    summary_source: str
    snippet: str
    snippet_start_line: int
    lines_left_out: int
    matches: tuple[Match, ...]
    blob_id: str
    commit: str
    stale: bool
    enclosing: Enclosing | None
    also_in: tuple[Copy, ...]
    copies: int
    head_moved: bool | None = None
    outdated: bool | None = None


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """The generation that answered."""

    generation: int
    built_at: str
    embedder: str


@dataclass(frozen=True, slots=True)
class Facets:
    """How many chunks there are by repository, language and kind.

    Attributes:
        total: all of them.
    """

    total: int
    repos: dict[str, int]
    languages: dict[str, int]
    kinds: dict[str, int]


@dataclass(frozen=True, slots=True)
class Deferred:
    """A question handed back: whoever asked is a model that can think, or asks one through /v1/ask."""

    reason: str
    pack: ContextPack
    action: Literal["handback"] = "handback"


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of hits, best first.

    Attributes:
        mode: the mode that answered; `mode_reason` says why that one.
        degraded: what was missing, one sentence each; the hits are what could be found without it.
        next_offset: where the next page starts, or None after the last.
        left_out: hits of this page that `max_tokens` had no room for; the next page starts with them.
        deferred: mode auto and a question that needs thinking: what to think about it with.
        facets: where they were asked for, counts of what was found, over all pages, the most first. Vectors
            and BM25 find the best few hundred; a search by name or for a text finds all, up to its limits.
    """

    query: str
    mode: str
    mode_reason: str
    took_ms: float
    degraded: tuple[str, ...]
    index: IndexInfo
    hits: tuple[Hit, ...]
    next_offset: int | None
    left_out: int
    deferred: Deferred | None = None
    facets: Facets | None = None
