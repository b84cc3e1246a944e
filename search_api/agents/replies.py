"""What the tools give an agent: small structures, and the same as text that costs few tokens."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from search_api.answer import Answer, Hit
    from search_api.reading import IndexedFile
    from search_api.schemas import Repositories

Freshness = Literal["current", "branch moved, file the same", "file changed since", "stale", "unknown"]


class Reply(BaseModel, ABC):
    """What a tool gives back: a structure with a schema, and the same for a model to read."""

    @abstractmethod
    def text(self) -> str:
        """The reply in few tokens."""


class CodeHit(BaseModel):
    """One piece of code or text."""

    id: str = Field(description="For read_chunk and find_similar.")
    repo: str
    path: str
    start_line: int
    end_line: int
    kind: str
    symbol: str
    signature: str
    summary: str = Field(description="One sentence on what it does.")
    code: str = Field(description="The lines that matter most; read_chunk has all of them.")
    code_line: int = Field(description="The line that `code` starts with.")
    freshness: Freshness

    @classmethod
    def of(cls, hit: Hit) -> Self:
        """What an agent needs of a hit."""
        return cls(
            id=hit.id,
            repo=hit.repo,
            path=hit.path,
            start_line=hit.start_line,
            end_line=hit.end_line,
            kind=hit.kind,
            symbol=hit.symbol,
            signature=hit.signature,
            summary=hit.summary,
            code=hit.snippet,
            code_line=hit.snippet_start_line,
            freshness=_freshness(hit),
        )

    def text(self) -> str:
        """The hit for a model to read."""
        place = f"{self.repo}/{self.path}:{self.start_line}-{self.end_line}"
        lines = [f"{place}  {self.kind} {self.symbol}  chunk_id={self.id}"]
        if self.freshness not in {"current", "unknown"}:
            lines[0] += f"  ({self.freshness})"
        if self.summary:
            lines.append(self.summary)
        if self.code:
            lines.append(_numbered(self.code, self.code_line))
        return "\n".join(lines)


class CodeHits(Reply):
    """A page of hits, best first."""

    hits: list[CodeHit]
    next_offset: int | None = Field(description="Where the next page starts.")
    notes: list[str] = Field(description="What was missing or left out, and what to do about it.")

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """What an agent needs of an answer."""
        notes = list(answer.degraded)
        if answer.left_out:
            notes.append(f"{answer.left_out} more hits had no room: raise max_tokens, or narrow the search.")
        if not answer.hits:
            notes.append(
                "Nothing found: say it in other words, drop a filter, or use mode exact for a literal text."
            )
        return cls(hits=[CodeHit.of(hit) for hit in answer.hits], next_offset=answer.next_offset, notes=notes)

    def text(self) -> str:
        """The page for a model to read."""
        more = [] if self.next_offset is None else [f"More with offset={self.next_offset}."]
        return "\n\n".join([*(hit.text() for hit in self.hits), *self.notes, *more])


class ChunkText(Reply):
    """Lines of a file as they were indexed."""

    repo: str
    path: str
    start_line: int
    end_line: int
    lines_of_file: int
    commit: str
    code: str
    notes: list[str]

    @classmethod
    def of(cls, file: IndexedFile, end_line: int, notes: list[str]) -> Self:
        """The lines of a file up to `end_line`."""
        kept = file.text.split("\n")[: end_line - file.start_line + 1]
        return cls(
            repo=file.repo,
            path=file.path,
            start_line=file.start_line,
            end_line=end_line,
            lines_of_file=file.lines,
            commit=file.commit,
            code="\n".join(kept),
            notes=notes,
        )

    def text(self) -> str:
        """The lines for a model to read."""
        head = f"{self.repo}/{self.path}:{self.start_line}-{self.end_line} of {self.lines_of_file}"
        return "\n".join([head, _numbered(self.code, self.start_line), *self.notes])


class RepositoryLine(BaseModel):
    """One repository."""

    name: str
    branch: str
    commit: str
    files: int
    chunks: int
    indexed_at: str
    stale: bool

    def text(self) -> str:
        """The repository on one line."""
        stale = "  stale" if self.stale else ""
        return f"{self.name}  {self.chunks} chunks of {self.files} files  {self.commit[:9]}{stale}"


class RepositoryList(Reply):
    """Every repository that may be searched."""

    repositories: list[RepositoryLine]

    @classmethod
    def of(cls, found: Repositories) -> Self:
        """What an agent needs of the repositories."""
        return cls(repositories=[RepositoryLine(**one.model_dump()) for one in found.repositories])

    def text(self) -> str:
        """The repositories, one a line."""
        return "\n".join(one.text() for one in self.repositories) or "No repositories."


class IndexStatus(Reply):
    """How fresh and how whole the index is."""

    generation: int
    built_at: str
    repositories: int
    chunks: int
    stale_repositories: list[str]
    embedder: str
    embedder_up: bool

    def text(self) -> str:
        """The status in two lines."""
        stale = f"; stale: {', '.join(self.stale_repositories)}" if self.stale_repositories else ""
        vectors = "" if self.embedder_up else "; no vectors at the moment, words and names only"
        return (
            f"Generation {self.generation}, built {self.built_at}: {self.chunks} chunks of "
            f"{self.repositories} repositories{stale}{vectors}"
        )


def _freshness(hit: Hit) -> Freshness:
    if hit.stale:
        return "stale"
    if hit.head_moved is None or hit.outdated is None:
        return "unknown"
    if hit.outdated:
        return "file changed since"
    return "branch moved, file the same" if hit.head_moved else "current"


def _numbered(code: str, first: int) -> str:
    return "\n".join(f"{number:>5} {line}" for number, line in enumerate(code.split("\n"), start=first))
