"""Chunks into rows: described, embedded, made searchable. The last stop before the store."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index_store.identifiers import code_search_text, summary_search_text
from index_store.schema import ChunkRow, Vector, chunk_id
from indexer.chunking.chunk import Chunk, pickled_by_fields
from indexer.embed import text_hash
from indexer.intake.text import SourceText
from model_chain.document import code_document, summary_document
from model_chain.protocol import CodeUnit, Description, Summariser

if TYPE_CHECKING:
    from index_store.stored_rows import StoredRow


@pickled_by_fields
@dataclass(frozen=True, slots=True)
class DraftRow:
    """A chunk and all that is made of its text, before its vectors: a `ChunkRow` but for its file."""

    chunk: Chunk
    id: str
    content_hash: str
    embed_hash: str
    description: Description
    code_text: str
    summary_text: str
    search_text: str
    summary_search_text: str


def draft_rows(
    source: SourceText, chunks: Sequence[Chunk], *, summariser: Summariser
) -> tuple[DraftRow, ...]:
    """Describe the chunks of one file and give each its id, texts and terms."""
    drafts: list[DraftRow] = []
    seen: Counter[str] = Counter()
    for chunk in chunks:
        content_hash = hashlib.sha256(chunk.text.encode()).hexdigest()
        ordinal = seen[content_hash]
        seen[content_hash] += 1
        unit = _unit(source, chunk)
        description = summariser.summarise(unit)
        code_text = code_document(unit)
        drafts.append(
            DraftRow(
                chunk=chunk,
                id=chunk_id(source.repo, source.path, content_hash, ordinal),
                content_hash=content_hash,
                embed_hash=text_hash(code_text),
                description=description,
                code_text=code_text,
                summary_text=summary_document(unit, description),
                search_text=code_search_text(
                    text=chunk.text,
                    path=source.path,
                    symbol=chunk.symbol,
                    signature=chunk.signature,
                    doc=chunk.doc,
                    members=chunk.members,
                    defines=chunk.defines,
                ),
                summary_search_text=summary_search_text(
                    summary=description.text, symbol=chunk.symbol, path=source.path
                ),
            )
        )
    return tuple(drafts)


def describe_again(source: SourceText, draft: DraftRow, summariser: Summariser) -> DraftRow:
    """The same row with what another summariser says of it."""
    unit = _unit(source, draft.chunk)
    description = summariser.summarise(unit)
    if description == draft.description:
        return draft
    return replace(
        draft,
        description=description,
        summary_text=summary_document(unit, description),
        summary_search_text=summary_search_text(summary=description.text, symbol=unit.symbol, path=unit.path),
    )


def _unit(source: SourceText, chunk: Chunk) -> CodeUnit:
    return CodeUnit(
        language=source.language,
        kind=chunk.kind.value,
        symbol=chunk.symbol,
        signature=chunk.signature,
        doc=chunk.doc,
        calls=chunk.calls,
        path=source.path,
        text=chunk.text,
    )


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


def build_row(source: SourceText, draft: DraftRow, code: Vector | None, summary: Vector | None) -> ChunkRow:
    """Join a draft with its file and its vectors into a row of the store."""
    chunk = draft.chunk
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
        embed_hash=draft.embed_hash,
        summary=draft.description.text,
        summary_source=draft.description.source,
        search_text=draft.search_text,
        summary_search_text=draft.summary_search_text,
        vector_code=code,
        vector_summary=summary,
    )
