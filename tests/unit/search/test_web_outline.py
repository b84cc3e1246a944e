from __future__ import annotations

import asyncio
from pathlib import Path

from index_store.reader import Reader
from index_store.testing import build_generation, make_row
from search_api.web.outline import Entry, outline


def test_every_definition_of_a_file_stands_once_inside_the_one_it_belongs_to(tmp_path: Path) -> None:
    rows = [
        make_row(path="a.py", symbol="", kind="module", start_line=1, text="import b"),
        make_row(path="a.py", symbol="Outer", kind="class", start_line=3, text="class Outer:"),
        make_row(path="a.py", symbol="Outer.Inner.run", kind="method", start_line=5, text="def run(): ..."),
        make_row(path="a.py", symbol="Outer.Inner.run", kind="method", start_line=9, part=1, text="    ..."),
        make_row(path="a.py", symbol="free", start_line=12, text="def free(): ..."),
        make_row(path="b.py", symbol="elsewhere", start_line=1, text="def elsewhere(): ..."),
    ]
    build_generation(tmp_path, rows)

    async def read() -> list[Entry]:
        reader = await Reader.open(tmp_path)
        try:
            return outline(reader.catalogue, "shop", "a.py")
        finally:
            await reader.close()

    assert asyncio.run(read()) == [
        Entry("Outer", "Outer", "class", 3, 0),
        Entry("Outer.Inner.run", "Inner.run", "method", 5, 1),
        Entry("free", "free", "function", 12, 0),
    ]
