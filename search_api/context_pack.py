"""The context pack: the code a question is about, whole where there is room, outlined where there is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_chain.cut import estimated_tokens
from model_chain.protocol import Source
from search_api.limits import PACK_BLOCK_LINES, PACK_CHUNK_OVERHEAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from search_api.answer import Hit


@dataclass(frozen=True, slots=True)
class PackedChunk:
    """One chunk of the pack.

    Attributes:
        source: how it is cited: repo/path#Lfirst-Llast.
        text: the whole chunk, its first lines where only they had room, or its signature alone.
        whole: whether `text` is the whole chunk.
    """

    source: str
    id: str
    repo: str
    path: str
    start_line: int
    end_line: int
    language: str
    kind: str
    symbol: str
    signature: str
    summary: str
    text: str
    whole: bool
    commit: str
    stale: bool


@dataclass(frozen=True, slots=True)
class ContextPack:
    """What a model needs to think about a question.

    Attributes:
        tokens: an estimate of what it costs to read, never above `max_tokens`.
        left_out: hits that had no room even as an outline.
    """

    chunks: tuple[PackedChunk, ...]
    tokens: int
    max_tokens: int
    left_out: int


def pack_hits(hits: Sequence[Hit], texts: Sequence[str], max_tokens: int) -> ContextPack:
    """Pack hits, best first, each with its whole text, into at most `max_tokens`.

    The same text is packed once, and nothing that lies inside a chunk packed before it. The first chunk that
    is too long keeps the lines that fit; later ones become outlines while those have room.
    """
    packed: list[PackedChunk] = []
    seen: set[str] = set()
    room, left_out = max_tokens, 0
    for hit, text in zip(hits, texts, strict=True):
        if text in seen or any(_holds(chunk, hit) for chunk in packed):
            continue
        seen.add(text)
        chunk = _fitting(hit, text, room, first=not packed)
        if chunk is None:
            left_out += 1
            continue
        room -= _cost(chunk.text)
        packed.append(chunk)
    return ContextPack(tuple(packed), max_tokens - room, max_tokens, left_out)


def sources_of(pack: ContextPack) -> tuple[Source, ...]:
    """The pack as a reasoner reads it; a block is PACK_BLOCK_LINES lines, so that citations name lines."""
    return tuple(
        Source(chunk.source, chunk.symbol or chunk.path, tuple(_blocks(chunk.text))) for chunk in pack.chunks
    )


def block_lines(chunk: PackedChunk, first_block: int, end_block: int) -> tuple[int, int]:
    """The lines of the file that blocks [first_block, end_block) of a chunk are, from 1, inclusive."""
    first = chunk.start_line + first_block * PACK_BLOCK_LINES
    return first, min(chunk.start_line + end_block * PACK_BLOCK_LINES - 1, chunk.end_line)


def _fitting(hit: Hit, text: str, room: int, *, first: bool) -> PackedChunk | None:
    if _cost(text) <= room:
        return _chunk(hit, text, whole=True)
    if first:
        lines = text.split("\n")
        while lines and _cost("\n".join(lines)) > room:
            lines = lines[: len(lines) * 3 // 4]
        return _chunk(hit, "\n".join(lines), whole=False) if lines else None
    outline = hit.signature or hit.snippet.partition("\n")[0]
    return _chunk(hit, outline, whole=False) if outline.strip() and _cost(outline) <= room else None


def _chunk(hit: Hit, text: str, *, whole: bool) -> PackedChunk:
    end = hit.end_line if whole else min(hit.end_line, hit.start_line + text.count("\n"))
    return PackedChunk(
        source=f"{hit.repo}/{hit.path}#L{hit.start_line}-L{end}",
        id=hit.id,
        repo=hit.repo,
        path=hit.path,
        start_line=hit.start_line,
        end_line=end,
        language=hit.language,
        kind=hit.kind,
        symbol=hit.symbol,
        signature=hit.signature,
        summary=hit.summary,
        text=text,
        whole=whole,
        commit=hit.commit,
        stale=hit.stale,
    )


def _blocks(text: str) -> list[str]:
    lines = text.split("\n")
    return ["\n".join(lines[at : at + PACK_BLOCK_LINES]) for at in range(0, len(lines), PACK_BLOCK_LINES)]


def _holds(chunk: PackedChunk, hit: Hit) -> bool:
    same = (chunk.repo, chunk.path) == (hit.repo, hit.path)
    return same and chunk.start_line <= hit.start_line and hit.end_line <= chunk.end_line


def _cost(text: str) -> int:
    return estimated_tokens(text) + PACK_CHUNK_OVERHEAD
