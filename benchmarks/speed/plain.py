"""The yardstick: the same texts and vectors in a LanceDB table as its documentation builds one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lancedb
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.index import FTS, IvfRq
from lancedb.rerankers import RRFReranker

from index_store.generations import TABLE_NAME, current_generation, generation_dir

COLUMNS = ["id", "repo", "path", "start_line", "end_line", "text"]
NAME = "plain"


class PlainTable:
    """One vector and one full-text index over text; a hybrid query is the library's own, fused by rank."""

    def __init__(self, state: Path) -> None:
        """Build it beside the generation, unless it is there."""
        self._folder = state / "plain"
        database = lancedb.connect(str(self._folder))
        if NAME in database.list_tables().tables:
            return
        source = lancedb.connect(str(generation_dir(state, current_generation(state)))).open_table(TABLE_NAME)
        whole = source.search().select([*COLUMNS, "vector_code"]).to_arrow()
        vectors = pc.cast(whole["vector_code"], pa.list_(pa.float32(), whole["vector_code"].type.list_size))
        table = database.create_table(
            NAME, whole.drop_columns(["vector_code"]).append_column("vector", vectors)
        )
        table.create_index("vector", config=IvfRq(distance_type="cosine"))
        table.create_index("text", config=FTS())

    async def open(self) -> None:
        """Open it as a server does."""
        self._table = await (await lancedb.connect_async(str(self._folder))).open_table(NAME)

    async def hybrid(self, vector: Any, text: str) -> list[dict[str, Any]]:  # noqa: ANN401 - numpy's
        """The ten best."""
        query = self._table.query().nearest_to(vector).distance_type("cosine").nearest_to_text(text)
        return await query.rerank(RRFReranker()).select(COLUMNS).limit(10).to_list()
