"""Indexes of any size out of real chunks: each new chunk is half of one and half of another.

Texts, terms and vectors keep the distributions of the real ones; the vector of such a chunk is the mean of
the two, which is what the embedded model gives for a text made of both. The vocabulary does not grow with
the number of chunks as real ones do, so BM25 has longer postings to read than it would.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import lancedb
import numpy as np

from index_store.columns import as_matrix
from index_store.generations import TABLE_NAME, current_generation, generation_dir
from index_store.manifest import read_manifest
from index_store.schema import ChunkRow, FileRow, RepositoryState, chunk_id
from index_store.testing import make_row
from index_store.writer import GenerationWriter

REPOSITORIES = 40
CHUNKS_PER_FILE = 20
ROWS_PER_BATCH = 4_096

_TEXTS = [
    "path",
    "language",
    "kind",
    "symbol",
    "signature",
    "text",
    "summary",
    "search_text",
    "summary_search_text",
]


def build(state: Path, target: Path, size: int, seed: int = 0) -> None:
    """Publish a generation of `size` chunks in `target`, unless one is there."""
    if (target / "CURRENT").exists():
        return
    real = _Real(state)
    writer = GenerationWriter.begin(target, embedder=real.embedder, chunker="synthetic@1")
    files: dict[str, list[FileRow]] = {}
    batch: list[ChunkRow] = []
    for row in _rows(real, size, seed):
        batch.append(row)
        known = files.setdefault(row.repo, [])
        if known and known[-1].path == row.path:
            known[-1] = replace(known[-1], chunks=known[-1].chunks + 1)
        else:
            known.append(FileRow(row.repo, row.path, row.blob_id, 1, row.language, 1, ""))
        if len(batch) == ROWS_PER_BATCH:
            writer.add(batch)
            batch = []
    writer.add(batch)
    for repo, rows in files.items():
        writer.set_inventory(repo, rows)
    writer.publish([_state(repo, rows) for repo, rows in files.items()])


class _Real:
    """The chunks of a real index, in memory."""

    def __init__(self, state: Path) -> None:
        folder = generation_dir(state, current_generation(state))
        self.embedder = read_manifest(folder).embedder
        table = lancedb.connect(str(folder)).open_table(TABLE_NAME)
        where = "vector_code IS NOT NULL AND vector_summary IS NOT NULL"
        columns = table.search().where(where).select([*_TEXTS, "vector_code", "vector_summary"]).to_arrow()
        self.texts: dict[str, list[str]] = {name: columns[name].to_pylist() for name in _TEXTS}
        self.code = as_matrix(columns["vector_code"].combine_chunks())
        self.summary = as_matrix(columns["vector_summary"].combine_chunks())


def _rows(real: _Real, size: int, seed: int) -> Iterator[ChunkRow]:
    random = np.random.default_rng(seed)
    for start in range(0, size, ROWS_PER_BATCH):
        pairs = random.integers(len(real.code), size=(min(ROWS_PER_BATCH, size - start), 2))
        code, summary = _means(real.code, pairs), _means(real.summary, pairs)
        for offset, (one, other) in enumerate(pairs.tolist()):
            row = _row(real, one, other, start + offset, size)
            yield replace(row, vector_code=code[offset], vector_summary=summary[offset])


def _row(real: _Real, one: int, other: int, number: int, size: int) -> ChunkRow:
    texts = real.texts
    file = number // CHUNKS_PER_FILE
    repo = f"repo{file * REPOSITORIES * CHUNKS_PER_FILE // max(size, 1) % REPOSITORIES:02}"
    path = f"{file}/{texts['path'][file % len(texts['path'])]}"
    text = _halves(texts["text"], one, other, "\n")
    identity = f"{number:064x}"
    start_line = 1 + number % CHUNKS_PER_FILE * 1_000
    return replace(
        _BLANK,
        id=chunk_id(repo, path, identity, 0),
        repo=repo,
        path=path,
        language=texts["language"][one],
        kind=texts["kind"][one],
        symbol=texts["symbol"][one],
        name=texts["symbol"][one].rpartition(".")[2],
        signature=texts["signature"][one],
        start_line=start_line,
        end_line=start_line + text.count("\n"),
        text=text,
        content_hash=identity,
        embed_hash=identity,
        summary=_halves(texts["summary"], one, other, " "),
        search_text=_halves(texts["search_text"], one, other, " "),
        summary_search_text=_halves(texts["summary_search_text"], one, other, " "),
    )


_BLANK = make_row()


def _halves(texts: list[str], one: int, other: int, separator: str) -> str:
    """The first half of a text's pieces, and the second half of another's."""
    first, second = texts[one].split(separator), texts[other].split(separator)
    return separator.join([*first[: -(-len(first) // 2)], *second[len(second) // 2 :]])


def _means(vectors: Any, pairs: Any) -> Any:  # noqa: ANN401 - matrices of whatever precision
    mean = vectors[pairs].astype(np.float32).sum(axis=1)
    norms = np.linalg.norm(mean, axis=1, keepdims=True)
    return mean / np.where(norms > 0, norms, 1)


def _state(repo: str, files: list[FileRow]) -> RepositoryState:
    chunks = sum(file.chunks for file in files)
    return RepositoryState(repo, f"/synthetic/{repo}", "main", "c" * 40, 0, len(files), chunks, "")
