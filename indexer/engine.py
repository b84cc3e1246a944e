"""Files into rows: cut, described, embedded. One engine works on this machine, another on many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from index_store.schema import ChunkRow, FileRow
from indexer.chunking.pool import ChunkedFile, ChunkPool
from indexer.chunking.worker import Fallback
from indexer.embed import RowEmbedder, StoredVectors, nothing_stored
from indexer.intake.text import SourceText
from indexer.limits import ROWS_PER_BATCH
from indexer.rows import DraftRow, build_row, describe_again, draft_rows
from model_chain.protocol import Summariser

_Draft = tuple[SourceText, DraftRow]


@dataclass(frozen=True, slots=True)
class FinishedFiles:
    """Some files of one repository, ready to be stored.

    Attributes:
        files: what the inventory says of each, and why it is in line windows though it has a grammar.
        rows: their chunks.
        failures: places whose text could not be embedded, each with its cause.
        embedded, reused: vectors that were computed, and that were known.
    """

    files: list[tuple[FileRow, Fallback]] = field(default_factory=list)
    rows: list[ChunkRow] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    embedded: int = 0
    reused: int = 0


class Engine(Protocol):
    """Turns the files of one repository after another into rows."""

    def finish(
        self, texts: Iterable[SourceText], known: StoredVectors, all_sent: Callable[[], None]
    ) -> Iterator[FinishedFiles]:
        """Every file once, in any order; `texts` is read little ahead, and what it raises comes through.

        `known` finds vectors that the last generation holds; an engine may do without. An engine whose
        workers could begin with the next repository calls `all_sent` once they have all of this one; it may
        have read first files before it returns.

        Raises:
            ModelError: the embedder is not working, and it must.
        """
        ...


def row_pool(workers: int, summariser: Summariser) -> ChunkPool:
    """Worker processes for `LocalEngine`; the summariser is copied into them."""
    return ChunkPool(workers, prepare=partial(draft_rows, summariser=summariser))


class LocalEngine:
    """Cuts and describes in worker processes of this machine; embeds in this process.

    Args:
        pool: made by `row_pool`.
        embedder: of this night.
        again: what describes anew, in this process; None where the workers' descriptions stand.
    """

    def __init__(self, pool: ChunkPool, embedder: RowEmbedder, again: Summariser | None = None) -> None:
        self._pool = pool
        self._embedder = embedder
        self._again = again

    def finish(
        self, texts: Iterable[SourceText], known: StoredVectors, all_sent: Callable[[], None] = lambda: None
    ) -> Iterator[FinishedFiles]:
        """As `Engine` says, in the order of `texts`."""
        files = self._pool.chunk(texts, all_sent)
        self._embedder.load_ahead()  # workers have the first files, and this process has time
        return self.finish_cut(files, known)

    def finish_cut(self, files: Iterable[ChunkedFile], known: StoredVectors) -> Iterator[FinishedFiles]:
        """The same for files that are cut and prepared already, as the pool does."""
        taken: list[ChunkedFile] = []
        drafts: list[_Draft] = []
        for file in files:
            taken.append(file)
            drafts.extend((file.source, self._described(file.source, draft)) for draft in file.prepared)
            if len(drafts) >= ROWS_PER_BATCH:
                yield self._finished(taken, drafts, known)
                taken, drafts = [], []
        if taken:
            yield self._finished(taken, drafts, known)

    def _described(self, source: SourceText, draft: DraftRow) -> DraftRow:
        return draft if self._again is None else describe_again(source, draft, self._again)

    def _finished(
        self, files: Sequence[ChunkedFile], drafts: Sequence[_Draft], known: StoredVectors
    ) -> FinishedFiles:
        count = self._embedder.count
        before = count.embedded, count.reused
        code, code_failures = self._embedder.embed([draft.code_text for _, draft in drafts], known)
        summary, summary_failures = self._embedder.embed(
            [draft.summary_text for _, draft in drafts], nothing_stored
        )
        failed = {**summary_failures, **code_failures}.items()
        return FinishedFiles(
            [(_inventory_row(file), file.fallback) for file in files],
            [build_row(*draft, *vectors) for draft, *vectors in zip(drafts, code, summary, strict=True)],
            [(_place(*drafts[index]), f"embedding: {cause}") for index, cause in failed],
            count.embedded - before[0],
            count.reused - before[1],
        )


def _place(source: SourceText, draft: DraftRow) -> str:
    return f"{source.path}:{draft.chunk.start_line}"


def _inventory_row(file: ChunkedFile) -> FileRow:
    source = file.source
    return FileRow(
        source.repo, source.path, source.blob_id, source.size, source.language, len(file.chunks), ""
    )
