"""Chunks and files as they were indexed: from the store, never from disk, secrets redacted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from search_api.errors import ChunkNotFound, FileNotIndexed
from search_api.limits import MAX_FILE_LINES

if TYPE_CHECKING:
    from index_store.reader import StoredChunk
    from search_api.caller import Caller
    from search_api.serving import OpenGeneration


@dataclass(frozen=True, slots=True)
class Section:
    """One chunk of a file, without its text."""

    id: str
    kind: str
    symbol: str
    signature: str
    summary: str
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """Lines of a file as they were indexed.

    Attributes:
        lines: of the whole file, up to its last line that is not blank.
        start_line: the first line of `text`, from 1; `end_line` is the last, inclusive.
        next_line: where the rest begins, or None at the end.
        sections: the chunks that these lines belong to.
        blob_id: the git blob the file was read from; `commit` the commit, "" for plain folders.
        stale: the repository could not be read last night and this is from an earlier one.
    """

    repo: str
    path: str
    language: str
    lines: int
    start_line: int
    end_line: int
    next_line: int | None
    text: str
    sections: tuple[Section, ...]
    blob_id: str
    commit: str
    stale: bool


async def read_chunk(generation: OpenGeneration, caller: Caller, chunk_id: str) -> StoredChunk:
    """One chunk, whole.

    Raises:
        ChunkNotFound: there is none of that id, or the caller may not see it.
    """
    catalogue = generation.reader.catalogue
    row = catalogue.by_id(chunk_id)
    # SECURITY: what a caller may not see is not there.
    if row is None or not caller.may_see(catalogue.repo[row]):
        raise ChunkNotFound("There is no chunk of that id; search again, the code may have changed.")
    (chunk,) = await generation.reader.chunks([row])
    return chunk


async def read_file(
    generation: OpenGeneration,
    caller: Caller,
    repo: str,
    path: str,
    *,
    first: int = 1,
    last: int | None = None,
) -> IndexedFile:
    """The lines `first` to `last` of a file, at most MAX_FILE_LINES of them.

    Raises:
        FileNotIndexed: it is not in the index, or the caller may not see its repository.
    """
    # SECURITY: what a caller may not see is not there.
    rows = generation.reader.catalogue.by_path(repo, path) if caller.may_see(repo) else range(0)
    if not rows:
        raise FileNotIndexed(
            "There is no such file in the index; `/v1/repos` and a search name those there are."
        )
    chunks = await generation.reader.chunks(rows)
    text = _laid_out(chunks)
    start = min(first, len(text))
    end = min(len(text) if last is None else last, start + MAX_FILE_LINES - 1, len(text))
    state = generation.repositories[repo]
    return IndexedFile(
        repo=repo,
        path=path,
        language=chunks[0].language,
        lines=len(text),
        start_line=start,
        end_line=end,
        next_line=end + 1 if end < len(text) else None,
        text="\n".join(text[start - 1 : end]),
        sections=tuple(
            Section(c.id, c.kind, c.symbol, c.signature, c.summary, c.start_line, c.end_line)
            for c in chunks
            if c.start_line <= end and c.end_line >= start
        ),
        blob_id=chunks[0].blob_id,
        commit=state.commit,
        stale=state.stale,
    )


def _laid_out(chunks: list[StoredChunk]) -> list[str]:
    """Chunks put back where they stood; between them only blank lines are missing."""
    lines = [""] * max(chunk.end_line for chunk in chunks)
    for chunk in chunks:
        lines[chunk.start_line - 1 : chunk.end_line] = chunk.text.split("\n")
    return lines
