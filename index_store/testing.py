"""Small real generations for tests."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypedDict, Unpack

import numpy as np

from index_store.identifiers import code_search_text, summary_search_text
from index_store.schema import (
    ChunkRow,
    EmbedderRecord,
    FileRow,
    Manifest,
    RepositoryState,
    SummariserRecord,
    Vector,
    chunk_id,
)
from index_store.writer import GenerationWriter

EMBEDDER = EmbedderRecord(
    provider="testing", model="hashed-words", digest="0" * 64, dimension=16, prefix_scheme="none"
)


class RowFields(TypedDict, total=False):
    """Any field of `ChunkRow`."""

    id: str
    repo: str
    path: str
    blob_id: str
    language: str
    kind: str
    symbol: str
    name: str
    signature: str
    doc: str
    breadcrumb: str
    start_line: int
    end_line: int
    part: int
    text: str
    calls: tuple[str, ...]
    content_hash: str
    embed_hash: str
    summary: str
    summary_source: str
    search_text: str
    summary_search_text: str
    vector_code: Vector | None
    vector_summary: Vector | None


def text_vector(text: str, dimension: int = EMBEDDER.dimension) -> Vector:
    """A unit vector that depends on the text alone: equal texts are nearest to each other."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    vector = np.random.default_rng(seed).standard_normal(dimension).astype(np.float32)
    return vector / np.float32(np.linalg.norm(vector))


def make_row(**overrides: Unpack[RowFields]) -> ChunkRow:
    """A row in which whatever is not given follows from what is: id, hashes, search texts, vectors."""
    text = overrides.get("text", "def greet(name):\n    return name")
    symbol = overrides.get("symbol", "greet")
    start_line = overrides.get("start_line", 1)
    row = ChunkRow(
        id="",
        repo="shop",
        path="src/greet.py",
        blob_id="b" * 40,
        language="python",
        kind="function",
        symbol=symbol,
        name=symbol.rpartition(".")[2],
        signature="",
        doc="",
        breadcrumb="",
        start_line=start_line,
        end_line=start_line + text.count("\n"),
        part=0,
        text=text,
        calls=(),
        content_hash=hashlib.sha256(text.encode()).hexdigest(),
        embed_hash=hashlib.sha256(text.encode()).hexdigest(),
        summary=f"Describes {symbol}.",
        summary_source="extractive@1",
        search_text="",
        summary_search_text="",
        vector_code=text_vector(text),
        vector_summary=text_vector(symbol),
    )
    row = replace(row, **overrides)
    return replace(
        row,
        id=row.id or chunk_id(row.repo, row.path, row.content_hash, row.start_line),
        search_text=row.search_text
        or code_search_text(
            text=row.text, path=row.path, symbol=row.symbol, signature=row.signature, doc=row.doc
        ),
        summary_search_text=row.summary_search_text
        or summary_search_text(summary=row.summary, symbol=row.symbol, path=row.path),
    )


def inventory_of(rows: Sequence[ChunkRow]) -> dict[str, list[FileRow]]:
    """The inventory that these rows, and no skipped files, amount to."""
    counts = Counter((row.repo, row.path) for row in {row.id: row for row in rows}.values())
    first = {(row.repo, row.path): row for row in reversed(rows)}
    files: dict[str, list[FileRow]] = {}
    for (repo, path), chunks in sorted(counts.items()):
        row = first[repo, path]
        files.setdefault(repo, []).append(
            FileRow(repo, path, row.blob_id, len(row.text), row.language, chunks, "")
        )
    return files


def states_of(rows: Sequence[ChunkRow]) -> list[RepositoryState]:
    """One repository state for each repository of these rows."""
    return [
        RepositoryState(
            name=repo,
            location=f"/code/{repo}",
            branch="main",
            commit="c" * 40,
            committed_at=1_700_000_000,
            files=len(files),
            chunks=sum(file.chunks for file in files),
            indexed_at="2026-01-01T04:00:00+00:00",
        )
        for repo, files in inventory_of(rows).items()
    ]


def build_generation(
    state_dir: Path,
    rows: Sequence[ChunkRow],
    repositories: Sequence[RepositoryState] | None = None,
    *,
    embedder: EmbedderRecord = EMBEDDER,
    summariser: SummariserRecord | None = None,
) -> Manifest:
    """Publish a new generation that holds exactly these rows; vectors must have the embedder's dimension."""
    writer = GenerationWriter.begin(state_dir, embedder=embedder, chunker="testing@1", rebuild=True)
    writer.add(rows)
    for repo, files in inventory_of(rows).items():
        writer.set_inventory(repo, files)
    return writer.publish(states_of(rows) if repositories is None else repositories, summariser)
