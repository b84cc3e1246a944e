"""What an embedding model wants said before a text: Ollama adds nothing, and ranks far worse without.

Each pair is the one of the model's own card; a model that is not listed is given the bare text.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prefixes:
    """What stands before a document and before a query; `scheme` is part of the fingerprint."""

    scheme: str
    document: str
    query: str


_NONE = Prefixes("none@1", "", "")
_PASSAGES = Prefixes("passages@1", "", "Represent this sentence for searching relevant passages: ")

# By the beginning of the model's name, without its owner and tag.
_KNOWN = {
    "nomic-embed-code": Prefixes("nomic-code@1", "", "Represent this query for searching relevant code: "),
    "nomic-embed-text": Prefixes("nomic@1", "search_document: ", "search_query: "),
    "mxbai-embed-large": _PASSAGES,
    "bge-large": _PASSAGES,
    "snowflake-arctic-embed2": Prefixes("arctic2@1", "", "query: "),
    "snowflake-arctic-embed": _PASSAGES,
    "embeddinggemma": Prefixes("gemma@1", "title: none | text: ", "task: search result | query: "),
    "qwen3-embedding": Prefixes(
        "qwen3@1",
        "",
        "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:",
    ),
}


def prefixes_of(model: str) -> Prefixes:
    """The prefixes of a model such as "nomic-embed-text" or "someone/nomic-embed-text:v1.5"."""
    name = model.rpartition("/")[2].partition(":")[0].lower()
    return next((prefixes for known, prefixes in _KNOWN.items() if name.startswith(known)), _NONE)
