"""What works on a node: batches of files into rows, by the engine that works on one machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from indexer.chunking.lines import chunk_lines
from indexer.chunking.pool import ChunkedFile
from indexer.embed import RowEmbedder, nothing_stored
from indexer.engine import FinishedFiles, LocalEngine, row_pool
from indexer.intake.text import SourceText
from indexer.rows import draft_rows
from indexer.rules import CHUNKER
from model_chain.backends.extractive import ExtractiveSummariser
from model_chain.protocol import Embedder

# Makes the embedder that a node uses; it is sent there.
OpenEmbedder = Callable[[], Embedder]


@dataclass(frozen=True, slots=True)
class Introduction:
    """Who a worker is, and what has to be the same everywhere."""

    node: str
    process: int
    nightdex: str
    chunker: str
    embedder: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A batch, finished; `breakdown` says why the node's embedder is no longer asked, "" while it works."""

    finished: list[FinishedFiles]
    breakdown: str


class FileWorker:
    """Finishes batches of files, one after another. A parser that dies costs its file alone, as at home."""

    def __init__(self, open_embedder: OpenEmbedder) -> None:
        embedder = open_embedder()
        self._embedder_name = str(embedder.fingerprint)
        self._rows = RowEmbedder(embedder)
        self._summariser = ExtractiveSummariser()
        self._pool = row_pool(1, self._summariser)
        self._engine = LocalEngine(self._pool, self._rows)

    def introduce(self) -> Introduction:
        """Say who this is."""
        return introduction(self._embedder_name)

    def finish(self, texts: Sequence[SourceText]) -> Answer:
        """Cut, describe and embed files."""
        return Answer(list(self._engine.finish(texts, nothing_stored)), self._rows.breakdown)

    def finish_as_lines(self, texts: Sequence[SourceText]) -> Answer:
        """The same without a parser, for files that end every worker they are sent to."""
        cut = [self._as_lines(text) for text in texts]
        return Answer(list(self._engine.finish_cut(cut, nothing_stored)), self._rows.breakdown)

    def _as_lines(self, text: SourceText) -> ChunkedFile:
        chunks = chunk_lines(text.text)
        return ChunkedFile(text, chunks, "crash", draft_rows(text, chunks, summariser=self._summariser))


def introduction(embedder: str) -> Introduction:
    """Of this process, with an embedder of this fingerprint."""
    return Introduction(socket.gethostname(), os.getpid(), version("nightdex"), CHUNKER, embedder)
