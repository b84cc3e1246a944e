"""Terms into a BM25 query."""

from __future__ import annotations

from collections.abc import Sequence

from lancedb.query import DocumentGranularity, FullTextOperator, MatchQuery


def any_of(terms: Sequence[str], column: str) -> MatchQuery:
    """Chunks that hold at least one of the terms, as they are: no fuzziness, no expansion."""
    return MatchQuery(
        " ".join(terms),
        column,
        boost=1.0,
        fuzziness=0,
        max_expansions=1,
        operator=FullTextOperator.OR,
        prefix_length=0,
        document_granularity=DocumentGranularity.ROW,
    )
