"""Every number of the ranking, each of which a benchmark can change or switch off."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RankingWeights:
    """What each part of the ranking is worth.

    Boosts are multiples of the best fused score and 0 when off; factors multiply a score and are 1 when off.
    `lists` names the candidate lists that are asked: "code" and "summary" by vectors, "lexical" (code) and
    "description" by BM25.
    """

    lists: frozenset[str] = frozenset({"code", "summary", "lexical", "description"})
    dense_share_symbol: float = 0.3
    dense_share_language: float = 0.5
    definition: float = 3.0
    mentioned_definition: float = 0.1  # a symbol inside a question, which is rarely what it asks for
    minor_definition: float = 0.7  # factor on the boost: a namesake further inside, an extension
    near_name: float = 1.0  # what a mistyped symbol means, where nothing has its name
    named_repository: float = 0.5
    path_stem: float = 0.85
    whole_stem: float = 0.1  # on top, for a name of which the query holds every word
    file_match: float = 0.5
    further_chunk: float = 0.9  # factor on what each further chunk adds to its file's match
    saturation: float = 0.6
    test: float = 0.3
    example: float = 0.6
    legacy: float = 0.5
    generated: float = 0.3
    benchmark: float = 0.4
    locale: float = 0.4
    declaration: float = 0.85


DEFAULT_WEIGHTS = RankingWeights()
