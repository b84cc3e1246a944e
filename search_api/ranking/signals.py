"""What moves a candidate up or down after fusion: one small function a signal.

The signals and their default sizes follow semble's published ones (FIELD: definition, path stem, file
coherence, saturation, penalties by kind of path). Each writes its name on the candidates it moved, and each
is off at its neutral weight.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from index_store.identifiers import query_terms, terms
from search_api.ranking import paths
from search_api.ranking.symbols import definitions, symbol_words
from search_api.retrieval.fuse import Candidate, Candidates

if TYPE_CHECKING:
    from index_store.catalogue import Catalogue
    from search_api.ranking.weights import RankingWeights

# Words that ask for what the penalties push down.
_ASKS_FOR = {
    "test": frozenset(terms("test tests testing spec fixture mock")),
    "example": frozenset(terms("example examples sample demo tutorial docs documentation readme")),
    "legacy": frozenset(terms("legacy deprecated compat compatibility old backward")),
    "generated": frozenset(terms("generated codegen")),
    "declaration": frozenset(terms("declaration declarations typings stub export exports")),
}

# Words about code in general; in a question they name no file.
_GENERAL_WORDS = frozenset(terms("code file function method class type implementation used use using"))


@dataclass(frozen=True)
class Question:
    """What the signals want to know about a query's text; each is worked out once, when first asked for."""

    text: str
    symbol_like: bool

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """Canonical symbols that the text names."""
        return symbol_words(self.text)

    @cached_property
    def words(self) -> frozenset[str]:
        """Stemmed words that carry meaning."""
        words = frozenset(query_terms(self.text))
        return words - _GENERAL_WORDS or words

    def asks_for(self, role: str) -> bool:
        """Whether the text wants files of a role that is otherwise pushed down."""
        return bool(self.words & _ASKS_FOR[role])


@dataclass(frozen=True, slots=True)
class Ranking:
    """What every signal works with.

    Attributes:
        candidates: by row; a signal changes scores, and may add rows.
        question: the query's text, taken apart.
        catalogue: the columns of the generation.
        allowed: whether a row may become a candidate though no list found it.
        weights: the size of each signal.
        top: the best fused score; boosts are multiples of it.
    """

    candidates: Candidates
    question: Question
    catalogue: Catalogue
    allowed: Callable[[int], bool]
    weights: RankingWeights
    top: float

    def file(self, row: int) -> tuple[int, int]:
        """Names the file a row was cut from, without looking its texts up."""
        return int(self.catalogue.repo.codes[row]), int(self.catalogue.path.codes[row])


def lift_coherent_files(ranking: Ranking) -> None:
    """Where several chunks of a file are candidates, its best one gains by the sum of all."""
    if not ranking.weights.coherence:
        return
    by_file: dict[tuple[int, int], list[Candidate]] = defaultdict(list)
    for candidate in ranking.candidates.values():
        by_file[ranking.file(candidate.row)].append(candidate)
    sums = {file: sum(candidate.score for candidate in group) for file, group in by_file.items()}
    largest = max(sums.values(), default=0.0)
    for file, group in by_file.items():
        if len(group) > 1 and largest > 0:
            best = max(group, key=lambda candidate: candidate.score)
            best.score += ranking.top * ranking.weights.coherence * sums[file] / largest
            best.signals.append("file-coherence")


def lift_definitions(ranking: Ranking) -> None:
    """What defines a symbol that the query names gains, and is pulled in where no list found it."""
    question, weights = ranking.question, ranking.weights
    size = weights.definition if question.symbol_like else weights.mentioned_definition
    if not size or not weights.definition:
        return
    for word in question.symbols:
        for row in definitions(word, ranking.catalogue, ranking.allowed):
            candidate = ranking.candidates.setdefault(row, Candidate(row))
            if "definition" not in candidate.signals:
                candidate.score += ranking.top * size
                candidate.signals.append("definition")


def lift_path_stems(ranking: Ranking) -> None:
    """A file whose name is made of the query's words gains by the share of them it holds."""
    words = ranking.question.words
    if not ranking.weights.path_stem or not words:
        return
    for candidate in ranking.candidates.values():
        shared = words & paths.name_terms(ranking.catalogue.path[candidate.row])
        if shared:
            candidate.score += ranking.top * ranking.weights.path_stem * len(shared) / len(words)
            candidate.signals.append("path-stem")


def press_side_paths(ranking: Ranking) -> None:
    """Tests, examples, legacy, generated and declaring files lose, unless the query asks for them."""
    weights = ranking.weights
    question = ranking.question
    factors = {
        "test": weights.test,
        "example": weights.example,
        "legacy": weights.legacy,
        "generated": weights.generated,
        "declaration": weights.declaration,
    }
    pressed = {role: size for role, size in factors.items() if size != 1 and not question.asks_for(role)}
    for candidate in ranking.candidates.values():
        for role in paths.roles(ranking.catalogue.path[candidate.row]):
            if role in pressed:
                candidate.score *= pressed[role]
                candidate.signals.append(f"{role}-penalty")


def saturate_files(ranking: Ranking) -> None:
    """Each further chunk of a file counts half as much as the one before it."""
    if ranking.weights.saturation == 1:
        return
    seen: Counter[tuple[int, int]] = Counter()
    for candidate in in_order(ranking.candidates.values()):
        file = ranking.file(candidate.row)
        if seen[file]:
            candidate.score *= ranking.weights.saturation ** seen[file]
            candidate.signals.append("saturation")
        seen[file] += 1


Signal = Callable[[Ranking], None]

# In this order: boosts see fused scores, penalties see boosts, saturation sees the outcome.
FUSED_SIGNALS: tuple[Signal, ...] = (
    lift_coherent_files,
    lift_definitions,
    lift_path_stems,
    press_side_paths,
    saturate_files,
)

# A search for exact text or a symbol shows all that match; files are not spread out.
EXACT_SIGNALS: tuple[Signal, ...] = (lift_definitions, press_side_paths)
SYMBOL_SIGNALS: tuple[Signal, ...] = (press_side_paths,)


def in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Candidates best first; equal ones by repository, path and line, which is the order of rows."""
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.row))
