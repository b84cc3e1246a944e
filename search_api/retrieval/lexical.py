"""The words of a query, as the lexical index spells them."""

from __future__ import annotations

from index_store.identifiers import query_terms
from search_api.limits import MAX_LEXICAL_TERMS


def lexical_terms(text: str) -> list[str]:
    """Distinct terms in order, at most MAX_LEXICAL_TERMS, from the splitter that wrote the index.

    A pasted stack trace has hundreds of words; BM25 over all of them costs much and finds no more.
    """
    return list(dict.fromkeys(query_terms(text)))[:MAX_LEXICAL_TERMS]
