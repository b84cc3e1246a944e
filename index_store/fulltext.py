"""The words and the shown texts of every chunk, in a tantivy index beside the table of a generation.

Lance answers the same questions, and is asked where a generation has no such index; this one takes a fraction
of the time, out of mapped files, and is brought up to date by what changed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tantivy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from index_store.prefilter import Narrowed

# Terms are split already, see index_store.identifiers.
_TOKENIZER = "terms"

ID_FIELD = "id"
FILTER_FIELDS = ("repo", "path", "language", "kind")
TERM_FIELDS = ("search_text", "summary_search_text")
TEXT_FIELDS = ("signature", "text", "summary")

# Made anew by whoever opens an index; never part of a generation.
LOCKS = (".tantivy-meta.lock", ".tantivy-writer.lock")

_Rows = tuple["NDArray[np.uint64]", "NDArray[np.float64]"]


@cache
def fulltext_schema() -> tantivy.Schema:
    """An id to find a chunk by, what filters narrow, terms with their frequencies, and texts as they are."""
    schema = tantivy.SchemaBuilder()
    schema.add_unsigned_field(ID_FIELD, indexed=True, fast=True)
    for name in FILTER_FIELDS:
        schema.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in TERM_FIELDS:
        schema.add_text_field(name, tokenizer_name=_TOKENIZER, index_option="freq")
    for name in TEXT_FIELDS:
        schema.add_bytes_field(name, stored=True)
    return schema.build()


def open_for_writing(folder: Path) -> tantivy.Index:
    """The index in a folder, or a new one.

    Raises:
        OSError: it is damaged, or cannot be written.
    """
    with files_of(folder):
        index = tantivy.Index(fulltext_schema(), path=str(folder), reuse=True)
        index.config_reader("manual")
        analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        index.register_tokenizer(_TOKENIZER, analyzer)
        return index


class FullText:
    """Answers from the index of a published generation. Thread-safe; needs no closing.

    Raises everywhere:
        OSError: what is read is damaged.
    """

    def __init__(self, folder: Path) -> None:
        """Open it, without a trace in `folder`."""
        self._folder = folder
        self._schema = fulltext_schema()
        # tantivy takes a lock, which is a file, in the folder it opens; a published one never changes.
        with tempfile.TemporaryDirectory(prefix="nightdex-", ignore_cleanup_errors=True) as links:
            for entry in folder.resolve().iterdir():
                Path(links, entry.name).symlink_to(entry)
            with files_of(folder):
                index = tantivy.Index.open(links)
                index.config_reader("manual")
                self._searcher = index.searcher()

    def __len__(self) -> int:
        return self._searcher.num_docs

    def query(self, field: str, terms: Sequence[str], narrowed: Sequence[Narrowed]) -> tantivy.Query:
        """What asks for the chunks that hold any of the terms."""
        wanted = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, field, term, "freq"))
            for term in terms
        ]
        query = tantivy.Query.boolean_query(wanted)
        if narrowed:
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), *map(self._narrow, narrowed)])
        return query

    def search(self, query: tantivy.Query, limit: int) -> tantivy.SearchResult:
        """The best for a query; all of it is done without the interpreter's lock."""
        with files_of(self._folder):
            return self._searcher.search(query, limit, count=False)

    def matches(self, result: tantivy.SearchResult) -> _Rows:
        """The ids of the chunks that a search found, best first, and their BM25 scores."""
        with files_of(self._folder):
            scores, addresses = zip(*hits, strict=True) if (hits := result.hits) else ((), ())
            ids = self._searcher.fast_field_values(ID_FIELD, list(addresses))
        return np.array(ids, np.uint64), np.array(scores, np.float64)

    def _narrow(self, narrowed: Narrowed) -> tuple[tantivy.Occur, tantivy.Query]:
        values, are_meant = narrowed.named()
        among = tantivy.Query.term_set_query(self._schema, narrowed.name, values)
        # A filter chooses and must not count.
        unscored = tantivy.Query.const_score_query(among, 0.0)
        return (tantivy.Occur.Must if are_meant else tantivy.Occur.MustNot), unscored

    def texts(self, ids: Sequence[int]) -> list[dict[str, str]]:
        """The TEXT_FIELDS of chunks, in the order asked for.

        Raises:
            OSError: a chunk is not there.
        """
        return [self._text(chunk) for chunk in ids]

    def _text(self, chunk: int) -> dict[str, str]:
        with files_of(self._folder):
            query = tantivy.Query.term_query(self._schema, ID_FIELD, chunk)
            hits = self._searcher.search(query, 1, count=False).hits
            if not hits:
                raise OSError(f"{self._folder} has no chunk {chunk:016x}")
            stored = self._searcher.doc(hits[0][1])
            return {name: bytes(stored[name][0]).decode() for name in TEXT_FIELDS}


@contextmanager
def files_of(folder: Path) -> Iterator[None]:
    """Turn what tantivy raises, a ValueError or a panic, which is no `Exception`, into an OSError."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, ValueError) or type(error).__name__ == "PanicException":
            raise OSError(f"the full-text index in {folder} fails: {error}") from error
        raise
