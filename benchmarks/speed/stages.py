"""A cold night's stages, each alone and in one process, and the floor under each.

What a stage gives is kept for the next one, so that the clock sees nothing else; a night does all of them at
once, a batch of files at a time, and most of them in its workers.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tree_sitter import Parser

from benchmarks.speed.world import World
from index_store.generations import current_generation, generation_dir
from index_store.schema import FileRow, RepositoryState
from index_store.table import create_table, open_table
from index_store.writer import GenerationWriter
from indexer.chunking.grammar import grammar_of
from indexer.chunking.languages import language_of
from indexer.chunking.worker import chunk_text
from indexer.embed import RowEmbedder, embedder_record, nothing_stored
from indexer.intake.admit import admit
from indexer.intake.decode import decode
from indexer.intake.secrets import redact
from indexer.intake.text import SourceText
from indexer.rows import DraftRow, build_row, draft_rows
from indexer.sources.definition import SourceDefinition, SourceKind
from indexer.sources.repository import RepositorySource
from indexer.sources.source import Entry
from model_chain.backends.embedded import EmbeddedEmbedder
from model_chain.backends.extractive import ExtractiveSummariser

BANDWIDTH_BYTES = 256 << 20


@dataclass(slots=True)
class Stage:
    """How long one stage took; `floor` is the least it could take, in the same seconds."""

    seconds: float = 0.0
    floor: float = 0.0
    of_floor: str = ""


@dataclass(slots=True)
class Stages:
    """Bytes let in, chunks made of them, and the stages by name."""

    megabytes: float
    chunks: int
    bandwidth: float
    stages: dict[str, Stage]


def measure_stages(world: World, work: Path) -> Stages:
    """Go through them once, over all repositories of a world."""
    stages: dict[str, Stage] = {}

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        stages.setdefault(name, Stage()).seconds += time.perf_counter() - began

    embedder = EmbeddedEmbedder()
    rows, summariser = RowEmbedder(embedder), ExtractiveSummariser()
    writer = GenerationWriter.begin(work, embedder=embedder_record(embedder), chunker="stages@1")
    size = chunk_count = 0
    states: list[RepositoryState] = []
    for clone in world.clones:
        definition = SourceDefinition(clone.stem, SourceKind.REPOSITORY, str(clone), include=world.include)
        source = RepositorySource(clone.stem, clone)
        with stage("git"):
            snapshot = source.snapshot()
            wanted = [entry for entry in snapshot.entries if admit(entry, definition) is None]
            read = list(source.read(wanted))
        with stage("intake"):
            texts = list(_texts(clone.stem, read))
        with stage("cut"):
            cut = [(one, _cut(one)) for one in texts]
        drafts: list[tuple[SourceText, DraftRow]] = []
        with stage("describe"):
            for one, chunks in cut:
                drafts += [(one, draft) for draft in draft_rows(one, chunks, summariser=summariser)]
        with stage("embed"):
            code, _ = rows.embed([draft.code_text for _, draft in drafts], nothing_stored)
            summary, _ = rows.embed([draft.summary_text for _, draft in drafts], nothing_stored)
        with stage("write"):
            vectors = zip(drafts, code, summary, strict=True)
            writer.add([build_row(*draft, *both) for draft, *both in vectors])
        writer.set_inventory(clone.stem, [_file(one, len(chunks)) for one, chunks in cut])
        states.append(
            RepositoryState(clone.stem, str(clone), "", snapshot.commit, 0, len(cut), len(drafts), "")
        )
        size += sum(len(one.text.encode()) for one in texts)
        chunk_count += len(drafts)
        floor = stages["cut"]
        floor.floor += _parse_alone(texts)
        floor.of_floor = "tree-sitter alone"
        stages["git"].floor += _cat_file_alone(clone, [entry.blob_id for entry, _ in read])
        stages["git"].of_floor = "git cat-file alone"
    with stage("index and publish"):
        writer.publish(states)
    stages["write"].floor = _lance_alone(work, embedder.fingerprint.dimension)
    stages["write"].of_floor = "Lance alone, from Arrow"
    bandwidth = _bandwidth()
    stages["intake"].floor, stages["intake"].of_floor = size / bandwidth, "one copy in memory"
    # Of each text some 250 token vectors are summed: that much is read.
    stages["embed"].floor = 2 * chunk_count * 250 * embedder.fingerprint.dimension * 4 / bandwidth
    stages["embed"].of_floor = "reading the vectors of the tokens"
    return Stages(size / 1e6, chunk_count, bandwidth, stages)


def _texts(repo: str, read: list[tuple[Entry, bytes | None]]) -> Iterator[SourceText]:
    for entry, data in read:
        text = None if data is None else decode(entry, data)
        if data is not None and isinstance(text, str):
            text = redact(text).text
            language = language_of(entry.path, text)
            yield SourceText(repo, entry.path, entry.blob_id, len(data), language, text)


def _file(source: SourceText, chunks: int) -> FileRow:
    return FileRow(source.repo, source.path, source.blob_id, source.size, source.language, chunks, "")


def _cut(source: SourceText) -> tuple[Any, ...]:
    try:
        return chunk_text(source.path, source.language, source.text)
    except Exception:  # noqa: BLE001 - a night cuts such a file into windows
        return ()


def _parse_alone(texts: list[SourceText]) -> float:
    data = [(grammar_of(one.language), one.text.encode()) for one in texts]
    began = time.perf_counter()
    for grammar, content in data:
        if grammar is not None:
            Parser(grammar.language).parse(content)
    return time.perf_counter() - began


def _cat_file_alone(clone: Path, blobs: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(
        ["git", "--git-dir", str(clone), "cat-file", "--batch", "--buffer"],
        input="".join(f"{blob}\n" for blob in blobs).encode(),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - began


def _lance_alone(state: Path, dimension: int) -> float:
    rows = open_table(generation_dir(state, current_generation(state))).search().limit(None).to_arrow()
    table = create_table(state / "alone", dimension)
    began = time.perf_counter()
    table.add(rows)
    return time.perf_counter() - began


def _bandwidth() -> float:
    """Bytes a second that one core copies."""
    block = np.ones(BANDWIDTH_BYTES, np.uint8)
    copied = np.empty_like(block)
    best = min(_seconds(lambda: np.copyto(copied, block)) for _ in range(5))
    return BANDWIDTH_BYTES / best


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
