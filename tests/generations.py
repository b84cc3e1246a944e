"""Publishing a generation row by row, and asking a real reader of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import TypeVar

from index_store.reader import Reader
from index_store.schema import ChunkRow
from index_store.testing import EMBEDDER, inventory_of, states_of
from index_store.writer import GenerationWriter

T = TypeVar("T")


def published(state: Path, change: Callable[[GenerationWriter], None], rows: Collection[ChunkRow]) -> int:
    """Change, and publish with the inventory of `rows` as they are then."""
    writer = GenerationWriter.begin(state, embedder=EMBEDDER, chunker="testing@1")
    change(writer)
    for repo, files in inventory_of(list(rows)).items():
        writer.set_inventory(repo, files)
    return writer.publish(states_of(list(rows))).generation


def asking(state: Path, question: Callable[[Reader], Awaitable[T]]) -> T:
    """Put one question to a reader of its own."""

    async def ask() -> T:
        reader = await Reader.open(state)
        try:
            return await question(reader)
        finally:
            await reader.close()

    return asyncio.run(ask())
