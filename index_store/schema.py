"""The rows of a generation and its manifest. docs/FORMAT.md is the prose twin of this file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMAT_VERSION = 3

Vector: TypeAlias = "NDArray[np.float32]"


def chunk_id(repo: str, path: str, content_hash: str, ordinal: int) -> str:
    """Name a chunk: 16 hex digits, the same as long as repository, path and content are.

    `ordinal` counts chunks of one file with equal content, from 0.
    """
    digest = hashlib.blake2b(digest_size=8)
    for field_ in (repo, path, content_hash, str(ordinal)):
        encoded = field_.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """One chunk as stored.

    `id` is what `chunk_id` makes: stable while repository, path and content stay the same. `vector_code` and
    `vector_summary` are float32 of shape (dimension,), L2-normalised and finite, or None where embedding
    failed; `search_text` and `summary_search_text` are what `index_store.identifiers` makes of code and
    description, ready for a whitespace tokeniser. `content_hash` is the SHA-256 of `text`; `embed_hash` that
    of the embedded text.
    """

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


@dataclass(frozen=True, slots=True)
class SummaryUpdate:
    """A better description for a stored chunk, by id; fields as in `ChunkRow`."""

    id: str
    summary: str
    summary_source: str
    summary_search_text: str
    vector_summary: Vector | None


@dataclass(frozen=True, slots=True)
class VectorUpdate:
    """Vectors for a stored chunk that lacked one, by id; both are replaced."""

    id: str
    vector_code: Vector | None
    vector_summary: Vector | None


@dataclass(frozen=True, slots=True)
class FileRow:
    """One found file, chunked or skipped; the inventory that the next night compares with.

    Exactly one of `chunks` > 0 and `skip_reason` != "" holds.
    """

    repo: str
    path: str
    blob_id: str
    size: int
    language: str
    chunks: int
    skip_reason: str


@dataclass(frozen=True, slots=True)
class EmbedderRecord:
    """The embedder whose vectors a generation holds; queries must use the same one."""

    provider: str
    model: str
    digest: str
    dimension: int
    prefix_scheme: str


@dataclass(frozen=True, slots=True)
class SummariserRecord:
    """Who describes the chunks of an index, so that the next night asks the same; `digest` may be ""."""

    provider: str
    model: str
    digest: str


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """What a generation knows of one repository. `stale` means: kept from an earlier night."""

    name: str
    location: str
    branch: str
    commit: str
    committed_at: int
    files: int
    chunks: int
    indexed_at: str
    stale: bool = False
    stale_reason: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation is.

    `files` maps each file of the generation to its size and SHA-256. `missing_vectors` counts the
    nulls in both vector columns. `summariser` is None in manifests of nights that did not record it.
    """

    format_version: int
    generation: int
    built_at: str
    chunker: str
    embedder: EmbedderRecord
    chunks: int
    repositories: tuple[RepositoryState, ...]
    files: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    summariser: SummariserRecord | None = None
    missing_vectors: int = 0

    @property
    def rules(self) -> str:
        """By which rules its texts were let in: `chunker` after its slash; all of it where there is none.

        Another chunker with the same rules cut the same texts otherwise, so that nobody need be kept from
        what it made.
        """
        return self.chunker.rpartition("/")[2]
