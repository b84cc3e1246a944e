from __future__ import annotations

import asyncio
from pathlib import Path

from index_store.filters import Filter
from index_store.reader import Reader
from index_store.schema import ChunkRow
from index_store.testing import EMBEDDER, build_generation, inventory_of, make_row, states_of, text_vector
from index_store.writer import GenerationWriter

NIGHTS = 4
FILES = 12


def rows_of(generation: int) -> list[ChunkRow]:
    """Every file changes every night; its text names the generation."""
    return [
        make_row(path=f"{number}.py", text=f"generation{generation} file{number}") for number in range(FILES)
    ]


def night(state: Path, generation: int) -> None:
    writer = GenerationWriter.begin(state, embedder=EMBEDDER, chunker="testing@1")
    rows = rows_of(generation)
    writer.delete_files("shop", [row.path for row in rows])
    writer.add(rows)
    writer.set_inventory("shop", inventory_of(rows)["shop"])
    assert writer.publish(states_of(rows)).generation == generation


async def ask(reader: Reader) -> None:
    """Every answer comes from the reader's own generation, whole."""
    generation = reader.manifest.generation
    lexical = await reader.lexical("search_text", [f"generation{generation}"], 100, Filter())
    assert len(lexical) == FILES
    wanted = f"generation{generation} file3"
    [nearest] = await reader.nearest("vector_code", text_vector(wanted), 1, Filter())
    [chunk] = await reader.chunks([nearest.row])
    assert chunk.text == wanted
    texts = [text async for batch in reader.containing(["generation"], Filter()) for _, text in batch]
    assert len(texts) == FILES
    assert {text.split()[0] for text in texts} == {f"generation{generation}"}


def test_readers_of_every_generation_stay_right_while_new_ones_are_published(tmp_path: Path) -> None:
    build_generation(tmp_path, rows_of(1))

    async def read_and_publish() -> int:
        readers = [await Reader.open(tmp_path)]
        asked = 0
        for generation in range(2, NIGHTS + 2):
            publishing = asyncio.create_task(asyncio.to_thread(night, tmp_path, generation))
            while not publishing.done():
                await asyncio.gather(*(ask(reader) for reader in readers for _ in range(4)))
                asked += 1
            await publishing
            readers.append(await Reader.open(tmp_path))
            assert readers[-1].manifest.generation == generation
        await asyncio.gather(*(ask(reader) for reader in readers))
        for reader in readers:
            await reader.close()
        return asked

    assert asyncio.run(read_and_publish()) >= NIGHTS
