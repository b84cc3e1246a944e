"""What the page shows of a hit: its whole chunk in colours, why it is there, and where to open it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from search_api.caller import LOCAL
from search_api.limits import SNIPPET_LINES
from search_api.query import Mode
from search_api.render import visible
from search_api.retrieval.pattern import literal_pattern, regex_pattern
from search_api.snippet import needles
from search_api.web.definitions import defined_among
from search_api.web.editors import EditorLinks, editor_links
from search_api.web.highlight import Piece, Span, code_lines, names, word_spans
from search_api.web.outline import Entry, outline

if TYPE_CHECKING:
    from index_store.catalogue import Catalogue
    from index_store.reader import StoredChunk
    from index_store.schema import RepositoryState
    from search_api.answer import Hit, Why
    from search_api.caller import Caller
    from search_api.query import Query
    from search_api.reading import IndexedFile
    from search_api.serving import OpenGeneration

_LISTS = {
    "code": ("code", "Its code means what the query means: number {rank} by code vectors."),
    "summary": (
        "description",
        "Its description means what the query means: number {rank} by description vectors.",
    ),
    "lexical": ("words", "It holds the query's words: number {rank} by BM25."),
    "description": (
        "words of the description",
        "Its description holds the query's words: number {rank} by BM25.",
    ),
    "exact": ("text", "It holds the text: number {rank} of the chunks that do."),
}

SIGNALS = {
    "definition": "It defines a symbol that the query names.",
    "name": "Its name is the one asked for.",
    "name-prefix": "Its name begins with what was asked for.",
    "member": "It defines the name asked for, among other things.",
    "near-name": "Its name is one letter from the one asked for, which nothing has.",
    "repository": "Its repository is named in the query.",
    "path-stem": "Its file is named with the query's words.",
    "file-match": "Its file as a whole holds many of the query's words.",
    "saturation": "Lowered: a better hit of the same file stands above.",
    "test-penalty": "Lowered: it is a test, and the query does not ask for tests alone.",
    "example-penalty": "Lowered: it is an example or documentation, and the query does not ask for that.",
    "legacy-penalty": "Lowered: it is marked as legacy, and the query does not ask for that.",
    "generated-penalty": "Lowered: it is generated, and the query does not ask for that.",
    "benchmark-penalty": "Lowered: it is a benchmark, and the query does not ask for that.",
    "locale-penalty": "Lowered: it is a translation, and the query does not ask for that.",
    "unknown-language": "Lowered: text in no known language, as a change log or a table.",
    "older-version": "Lowered: a hit beside it is of a newer version, and the query does not name this one.",
    "declaration-penalty": "Lowered: it only declares, and the query does not ask for that.",
}


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One line of a chunk; `shown` without unfolding, `matching` when it is what was looked for."""

    number: int
    pieces: list[Piece]
    shown: bool
    matching: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a hit is where it is: a word for the chip, a sentence for the reader."""

    label: str
    sentence: str
    lowers: bool


@dataclass(frozen=True, slots=True)
class HitView:
    """A hit, ready for the template; `editors` only where its repository is a folder of this machine."""

    hit: Hit
    place: str
    lines: list[CodeLine]
    folded: int
    reasons: list[Reason]
    editors: EditorLinks | None

    @property
    def further_copies(self) -> int:
        """Copies in other repositories that are not named one by one."""
        return self.hit.copies - len(self.hit.also_in)


@dataclass(frozen=True, slots=True)
class FileHits:
    """The hits of one file, in their order."""

    repo: str
    path: str
    language: str
    hits: list[HitView]

    @property
    def place(self) -> str:
        """Which file, for a reader."""
        return visible(f"{self.repo}/{self.path}")

    @property
    def first_line(self) -> int:
        """Where its best hit begins."""
        return self.hits[0].hit.start_line


def by_file(hits: Iterable[HitView]) -> list[FileHits]:
    """The hits of an answer under their files; a file stands where its best hit does."""
    files: dict[tuple[str, str], FileHits] = {}
    for view in hits:
        hit = view.hit
        file = files.setdefault((hit.repo, hit.path), FileHits(hit.repo, hit.path, hit.language, []))
        file.hits.append(view)
    return list(files.values())


@dataclass(frozen=True, slots=True)
class FileView:
    """A file, or a part of a long one, with the definitions in it."""

    file: IndexedFile
    lines: list[CodeLine]
    outline: list[Entry]
    editors: EditorLinks | None


@dataclass(frozen=True, slots=True)
class ChunkView:
    """One chunk on a page of its own, with the repository it is from."""

    chunk: StoredChunk
    state: RepositoryState
    place: str
    lines: list[CodeLine]
    outline: list[Entry]
    editors: EditorLinks | None


async def hit_views(
    generation: OpenGeneration, query: Query | None, hits: Sequence[Hit], *, local: bool
) -> list[HitView]:
    """The hits of an answer with the rest of their chunks; `local` callers are offered their editors.

    The hits have passed the caller's scope: only their own chunks are read.
    """
    catalogue = generation.reader.catalogue
    rows = {hit.id: row for hit in hits if (row := catalogue.by_id(hit.id)) is not None}
    chunks = await generation.reader.chunks(list(rows.values()))
    texts = {chunk.id: chunk.text for chunk in chunks}
    states = [generation.repositories[hit.repo] for hit in hits] if local else []
    # Plain computation and a look at the disk: in a thread, so that nobody else's search waits for it.
    return await asyncio.to_thread(_views, hits, query, texts, states)


def _views(
    hits: Sequence[Hit], query: Query | None, texts: Mapping[str, str], states: Sequence[RepositoryState]
) -> list[HitView]:
    roots = {state.name: state.location for state in states}
    return [_view(hit, query, texts.get(hit.id), roots.get(hit.repo)) for hit in hits]


def _editors(root: str | None, path: str, line: int) -> EditorLinks | None:
    """Links only to a file that is there: a mirror has no files, and what was indexed may be gone."""
    if root is None or not Path(root, path).is_file():
        return None
    return editor_links(root, path, line)


def file_view(generation: OpenGeneration, file: IndexedFile, caller: Caller) -> FileView:
    """A file whose text a caller may read."""
    catalogue = generation.reader.catalogue
    pieces = _pieces_with_definitions(catalogue, caller, file.text, file.language)
    location = generation.repositories[file.repo].location if caller == LOCAL else None
    return FileView(
        file=file,
        lines=[
            CodeLine(number, line, shown=True, matching=False)
            for number, line in enumerate(pieces, start=file.start_line)
        ],
        outline=outline(catalogue, file.repo, file.path),
        editors=_editors(location, file.path, file.start_line),
    )


def _pieces_with_definitions(
    catalogue: Catalogue, caller: Caller, text: str, language: str
) -> list[list[Piece]]:
    shown = visible(text)
    return code_lines(
        shown, language, defined=defined_among(catalogue, caller, names(shown, language), language)
    )


def chunk_view(generation: OpenGeneration, chunk: StoredChunk, caller: Caller) -> ChunkView:
    """One chunk, whole, for a caller who may see it."""
    catalogue = generation.reader.catalogue
    state = generation.repositories[chunk.repo]
    pieces = _pieces_with_definitions(catalogue, caller, chunk.text, chunk.language)
    return ChunkView(
        chunk=chunk,
        place=f"{visible(chunk.path)}:{chunk.start_line}",
        lines=[
            CodeLine(number, line, shown=True, matching=False)
            for number, line in enumerate(pieces, start=chunk.start_line)
        ],
        outline=outline(catalogue, chunk.repo, chunk.path),
        editors=_editors(state.location if caller == LOCAL else None, chunk.path, chunk.start_line),
        state=state,
    )


def _view(hit: Hit, query: Query | None, whole: str | None, root: str | None) -> HitView:
    text, first = (hit.snippet, hit.snippet_start_line) if whole is None else (whole, hit.start_line)
    text = visible(text)
    matching = {match.line for match in hit.matches}
    pieces = code_lines(text, hit.language, _marks(text, query))
    window = range(hit.snippet_start_line, hit.snippet_start_line + SNIPPET_LINES)
    lines = [
        CodeLine(number, line, number in window, number in matching)
        for number, line in enumerate(pieces, start=first)
    ]
    line = min(matching, default=hit.start_line) if query and query.mode is Mode.EXACT else hit.start_line
    return HitView(
        hit=hit,
        place=f"{visible(hit.path)}:{hit.start_line}",
        lines=lines,
        folded=sum(not line.shown for line in lines),
        reasons=reasons(hit.why),
        editors=_editors(root, hit.path, line),
    )


def reasons(why: Why) -> list[Reason]:
    """Why a hit is there, in the order in which it was found and moved."""
    found = [
        Reason(f"{label} #{rank}", sentence.format(rank=rank), lowers=False)
        for name, (label, sentence) in _LISTS.items()
        if (rank := getattr(why, name)) is not None
    ]
    moved = [
        Reason(signal, SIGNALS.get(signal, ""), lowers=SIGNALS.get(signal, "").startswith("Lowered"))
        for signal in why.signals
    ]
    return found + moved


def _marks(text: str, query: Query | None) -> Collection[Span]:
    if query is None:
        return ()
    if query.mode is Mode.EXACT:
        pattern = regex_pattern(query.text) if query.regex else literal_pattern(query.text)
        return pattern.spans(text)
    return list(word_spans(text, needles(query.text)))
