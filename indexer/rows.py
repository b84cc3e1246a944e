"""Chunks into rows: described, embedded, made searchable. The last stop before the store."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from index_store.identifiers import code_search_text, summary_search_text
from index_store.schema import ChunkRow, Vector, chunk_id
from indexer.chunking.chunk import Chunk
from indexer.intake.text import SourceText
from indexer.limits import VECTORS_REMEMBERED
from model_chain.document import code_document, summary_document
from model_chain.protocol import CodeUnit, Description, Embedder, Summariser


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A chunk with its description, before its vectors."""

    source: SourceText
    chunk: Chunk
    id: str
    content_hash: str
    description: Description
    code_text: str
    summary_text: str


StoredVectors = Callable[[Collection[str]], Mapping[str, Vector]]


def nothing_stored(_: Collection[str]) -> Mapping[str, Vector]:
    """For texts whose vectors the store cannot find again."""
    return {}


@dataclass(slots=True)
class EmbedCount:
    """How many vectors were computed, and how many came from identical content."""

    embedded: int = 0
    reused: int = 0


def draft_rows(source: SourceText, chunks: Sequence[Chunk], summariser: Summariser) -> list[DraftRow]:
    """Describe the chunks of one file and give each its id."""
    drafts: list[DraftRow] = []
    seen: Counter[str] = Counter()
    for chunk in chunks:
        content_hash = hashlib.sha256(chunk.text.encode()).hexdigest()
        ordinal = seen[content_hash]
        seen[content_hash] += 1
        unit = CodeUnit(
            language=source.language,
            kind=chunk.kind.value,
            symbol=chunk.symbol,
            signature=chunk.signature,
            doc=chunk.doc,
            calls=chunk.calls,
            path=source.path,
            text=chunk.text,
        )
        description = summariser.summarise(unit)
        drafts.append(
            DraftRow(
                source=source,
                chunk=chunk,
                id=chunk_id(source.repo, source.path, content_hash, ordinal),
                content_hash=content_hash,
                description=description,
                code_text=code_document(unit),
                summary_text=summary_document(unit, description),
            )
        )
    return drafts


class RowEmbedder:
    """Embeds drafts, identical text once, and remembers the vectors of this night up to a bound."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._remembered: dict[str, Vector] = {}
        self.count = EmbedCount()

    def embed(
        self, texts: Sequence[str], stored: StoredVectors
    ) -> tuple[list[Vector | None], dict[int, str]]:
        """One vector a text, None where it failed; and the causes by index.

        `stored` finds vectors that the last generation already holds.

        Raises:
            ModelError: the embedder as a whole is not working.
        """
        hashes = [text_hash(text) for text in texts]
        self._remembered.update(stored({digest for digest in hashes if digest not in self._remembered}))
        new = {
            digest: text for digest, text in zip(hashes, texts, strict=True) if digest not in self._remembered
        }
        causes: dict[str, str] = {}
        if new:
            batch = self._embedder.embed_documents(list(new.values()))
            for index, digest in enumerate(new):
                if index in batch.failures:
                    causes[digest] = batch.failures[index]
                else:
                    self._remembered[digest] = batch.vectors[index]
        self.count.embedded += len(new) - len(causes)
        self.count.reused += len(texts) - len(new)
        vectors = [self._remembered.get(digest) for digest in hashes]
        failures = {index: causes[digest] for index, digest in enumerate(hashes) if digest in causes}
        self._forget()
        return vectors, failures

    def _forget(self) -> None:
        while len(self._remembered) > VECTORS_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]


def text_hash(text: str) -> str:
    """Name a text by its content."""
    return hashlib.sha256(text.encode()).hexdigest()


def build_rows(
    drafts: Sequence[DraftRow], code: Sequence[Vector | None], summary: Sequence[Vector | None]
) -> list[ChunkRow]:
    """Join drafts with their vectors into rows of the store."""
    return [
        _build_row(draft, code_vector, summary_vector)
        for draft, code_vector, summary_vector in zip(drafts, code, summary, strict=True)
    ]


def _build_row(draft: DraftRow, code: Vector | None, summary: Vector | None) -> ChunkRow:
    chunk, source = draft.chunk, draft.source
    return ChunkRow(
        id=draft.id,
        repo=source.repo,
        path=source.path,
        blob_id=source.blob_id,
        language=source.language,
        kind=chunk.kind.value,
        symbol=chunk.symbol,
        name=chunk.symbol.rpartition(".")[2],
        signature=chunk.signature,
        doc=chunk.doc,
        breadcrumb=" > ".join(chunk.breadcrumb),
        start_line=chunk.start_line,
        end_line=chunk.end_line,
        part=chunk.part,
        text=chunk.text,
        calls=chunk.calls,
        content_hash=draft.content_hash,
        embed_hash=text_hash(draft.code_text),
        summary=draft.description.text,
        summary_source=draft.description.source,
        search_text=code_search_text(
            text=chunk.text,
            path=source.path,
            symbol=chunk.symbol,
            signature=chunk.signature,
            doc=chunk.doc,
            members=chunk.members,
        ),
        summary_search_text=summary_search_text(
            summary=draft.description.text, symbol=chunk.symbol, path=source.path
        ),
        vector_code=code,
        vector_summary=summary,
    )
