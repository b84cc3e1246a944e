"""Chunks into rows: described, embedded, made searchable. The last stop before the store."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from index_store.identifiers import code_search_text, summary_search_text
from index_store.schema import ChunkRow, Vector, chunk_id
from index_store.stored_rows import StoredRow
from indexer.chunking.chunk import Chunk
from indexer.embed import text_hash
from indexer.intake.text import SourceText
from model_chain.document import code_document, summary_document
from model_chain.protocol import CodeUnit, Description, Summariser


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


def unit_of(row: StoredRow) -> CodeUnit:
    """What a summariser may look at, from a row that is stored."""
    return CodeUnit(
        language=row.language,
        kind=row.kind,
        symbol=row.symbol,
        signature=row.signature,
        doc=row.doc,
        calls=row.calls,
        path=row.path,
        text=row.text,
    )


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
