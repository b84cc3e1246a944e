"""Every number of the ranking, each of which a benchmark can change or switch off."""

from __future__ import annotations

from dataclasses import dataclass, replace


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
    described: float = 0.7  # share of a list of descriptions, where one of code has 1
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
    statement: float = 0.2  # how much of the signals by file holds for what says what one definition does
    test: float = 0.3
    test_asked: float = 0.7  # where a question speaks of tests: it may mean what runs them
    example: float = 0.6
    legacy: float = 0.5
    generated: float = 0.3
    benchmark: float = 0.4
    locale: float = 0.4
    declaration: float = 0.85
    unknown_language: float = 0.6

    def of_statement(self) -> RankingWeights:
        """The same for a text that says what one definition does: it asks for that, less for a file."""
        share = self.statement
        return replace(
            self,
            path_stem=self.path_stem * share,
            whole_stem=self.whole_stem * share,
            file_match=self.file_match * share,
            saturation=1 - (1 - self.saturation) * share,
            test_asked=1.0,
            described=1.0,
        )


DEFAULT_WEIGHTS = RankingWeights()
