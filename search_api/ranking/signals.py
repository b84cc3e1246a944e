"""What moves a candidate up or down after fusion: one small function a signal.

Most signals and sizes began as semble's published ones (definition, path stem, saturation, penalties by kind
of path); benchmarks/README.md says what each is worth. Each writes its name on the candidates it moved, and
each is off at its neutral weight.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import log
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from index_store.identifiers import query_terms, terms
from index_store.matches import NO_MATCHES
from search_api.limits import MAX_LEXICAL_TERMS
from search_api.ranking.paths import FileName, families, file_name, stem_terms
from search_api.ranking.symbols import definitions, nearly_named, symbol_words
from search_api.retrieval.fuse import Candidate, Candidates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from index_store.catalogue import Catalogue
    from index_store.matches import Matches
    from search_api.ranking.weights import RankingWeights

_SEVERAL = 2

# Words in a row that may be written as one in a file's name.
_COMPOUND_LENGTHS = (2, 3)

# Words that ask for what the penalties push down.
_ASKS_FOR = {
    "test": frozenset(terms("test tests testing spec fixture mock")),
    "example": frozenset(terms("example examples sample demo tutorial docs documentation readme")),
    "legacy": frozenset(terms("legacy deprecated compat compatibility old backward")),
    "generated": frozenset(terms("generated codegen")),
    "benchmark": frozenset(terms("benchmark benchmarks bench performance speed")),
    "locale": frozenset(terms("locale locales language languages translation translated i18n l10n")),
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

    @cached_property
    def compounds(self) -> Mapping[str, str]:
        """Words in a row written as one, and apart: testclient -> test client."""
        written = re.findall(r"\w+", self.text.lower())[:MAX_LEXICAL_TERMS]
        return {
            "".join(run): " ".join(run)
            for length in _COMPOUND_LENGTHS
            for run in (written[start : start + length] for start in range(len(written) - length + 1))
        }

    @property
    def is_statement(self) -> bool:
        """Whether the text says what something does, as the sentence above its definition would.

        Such a sentence ends with a full stop; questions and topics do not.
        """
        text = self.text.rstrip()
        return text.endswith(".") and " " in text

    def asks_for(self, role: str) -> bool:
        """Whether the text wants files of a role that is otherwise pushed down."""
        return bool(self.words & _ASKS_FOR[role])


_File = int


@dataclass(frozen=True, slots=True)
class Ranking:
    """What every signal works with.

    Attributes:
        candidates: by row; a signal changes scores, and adds rows through `candidate`.
        question: the query's text, taken apart.
        catalogue: the columns of the generation.
        allowed: whether a row may become a candidate though no list found it.
        weights: the size of each signal.
        top: the best fused score; boosts are multiples of it.
        members: rows that define a symbol of the question among other things, by symbol.
        lexical: what BM25 found, far deeper than the candidates; it tells what whole files are about.
        by_file: the candidates of each file, by its number in the catalogue.
        names: what the path of each of these files says.
    """

    candidates: Candidates
    question: Question
    catalogue: Catalogue
    allowed: Callable[[int], bool]
    weights: RankingWeights
    top: float
    members: Mapping[str, Sequence[int]] = field(default_factory=dict)
    lexical: Matches = NO_MATCHES
    by_file: dict[_File, list[Candidate]] = field(init=False, default_factory=lambda: defaultdict(list))
    names: dict[_File, FileName] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Group the candidates by file."""
        files = self.catalogue.file.take(list(self.candidates))
        for file, candidate in zip(files, self.candidates.values(), strict=True):
            self.by_file[file].append(candidate)
        names = self.catalogue.path.made(file_name, self.first_rows())
        self.names.update(zip(self.by_file, names, strict=True))

    def first_rows(self) -> list[int]:
        """A row of each file, in the order of `by_file`."""
        return [group[0].row for group in self.by_file.values()]

    def candidate(self, row: int) -> Candidate:
        """The candidate of a row, which becomes one if no list found it."""
        if row not in self.candidates:
            self.candidates[row] = Candidate(row)
            file = self.catalogue.file[row]
            self.by_file[file].append(self.candidates[row])
            [self.names[file]] = self.catalogue.path.made(file_name, [row])
        return self.candidates[row]


def lift_matching_files(ranking: Ranking) -> None:
    """The best chunk of a file gains by how much of the whole file matches in words.

    Chunks are small, and a question about how parts work together matches many of them a little.
    """
    if not ranking.weights.file_match or not ranking.lexical:
        return
    files, of_file = np.unique(ranking.catalogue.file.at(ranking.lexical.rows), return_inverse=True)
    places = _places_within(of_file)
    fading = np.array([ranking.weights.further_chunk**place for place in range(places.max() + 1)])
    worths = np.bincount(of_file, ranking.lexical.scores * fading[places])
    largest = worths.max()
    if largest <= 0:
        return
    most = ranking.top * ranking.weights.file_match
    gains = dict(zip(files.tolist(), (most * worths / largest).tolist(), strict=True))
    for file, group in ranking.by_file.items():
        if file in gains:
            best = _best(group)
            best.score += gains[file]
            best.signals.append("file-match")


def _places_within(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many before each belong to the same group."""
    order = np.argsort(groups, kind="stable")
    places = np.empty(len(groups), np.int64)
    starts = np.searchsorted(groups[order], groups)
    places[order] = np.arange(len(groups))
    return places - starts


def lift_definitions(ranking: Ranking) -> None:
    """What defines a symbol that the query names gains, and is pulled in where no list found it.

    Of namesakes the outermost gain most (`Engine` means the type before a method of that name), what defines
    a thing before what adds to it, and before both what lies in the file of that name: of the parts of a
    class the one in `Mapper.cs`, not those in `Mapper.Async.cs`. What defines it among other things gains as
    what adds to it does.
    """
    question, weights, catalogue = ranking.question, ranking.weights, ranking.catalogue
    size = weights.definition if question.symbol_like else weights.mentioned_definition
    if not size:
        return
    for word in question.symbols:
        depths = {
            row: catalogue.symbol[row].count(".") for row in definitions(word, catalogue, ranking.allowed)
        }
        home = word.rpartition(".")[2].replace("_", "").lower()
        names = catalogue.path.made(file_name, list(depths))
        at_home = {row for row, name in zip(depths, names, strict=True) if name.joined == home}
        for row, depth in depths.items():
            candidate = ranking.candidate(row)
            if "definition" not in candidate.signals:
                elsewhere = bool(at_home) and row not in at_home
                minor = depth > min(depths.values()) or catalogue.kind[row] == "impl" or elsewhere
                candidate.score += ranking.top * size * (weights.minor_definition if minor else 1)
                candidate.signals.append("definition")
        for row in filter(ranking.allowed, ranking.members.get(word, ())):
            candidate = ranking.candidate(row)
            if not candidate.member and "definition" not in candidate.signals:
                candidate.member = word.rpartition(".")[2]
                candidate.score += ranking.top * size * weights.minor_definition
                candidate.signals.append("member")


def lift_near_names(ranking: Ranking) -> None:
    """What a mistyped symbol means gains, where the query is a symbol that nothing defines."""
    question, weights, catalogue = ranking.question, ranking.weights, ranking.catalogue
    if not question.symbol_like or not weights.near_name:
        return
    for word in question.symbols:
        if not definitions(word, catalogue, ranking.allowed) and not ranking.members.get(word):
            for row in nearly_named(word, catalogue, ranking.allowed):
                candidate = ranking.candidate(row)
                candidate.score += ranking.top * weights.near_name
                candidate.signals.append("near-name")


def lift_named_repositories(ranking: Ranking) -> None:
    """Where candidates lie in several repositories, those of one that the query names gain."""
    weights = ranking.weights
    repositories = ranking.catalogue.repo.take(ranking.first_rows())
    names = set(repositories)
    if not weights.named_repository or len(names) < _SEVERAL:
        return
    words = set(re.findall(r"[^\s,;:?!()]+", ranking.question.text.casefold()))
    named = {name for name in names if name.casefold() in words}
    for name, group in zip(repositories, ranking.by_file.values(), strict=True):
        if name in named:
            for candidate in group:
                candidate.score += ranking.top * weights.named_repository
                candidate.signals.append("repository")


def lift_path_stems(ranking: Ranking) -> None:
    """A file whose name is made of the query's words gains by the share of them it holds.

    A word counts the less, the more of the candidates' files are named by it: in `middleware/` it is the
    other words that tell which file is meant. A name that the query holds entirely gains a little more:
    `DatabaseDialect` before `SQLServerDialect` where a question speaks of a database dialect.
    """
    names, weights = ranking.names, ranking.weights
    asked, compounds = families(ranking.question.words), ranking.question.compounds
    if not (weights.path_stem or weights.whole_stem) or not asked:
        return
    held: dict[_File, frozenset[str]] = {}
    for file, name in names.items():
        apart = compounds.get(name.joined)
        if words := asked & (name.terms | families(terms(apart)) if apart else name.terms):
            held[file] = words
    named = Counter(word for words in held.values() for word in words)
    rarity = {word: log(1 + len(names) / max(1, named[word])) for word in asked}
    whole = sum(rarity.values())
    stems = ranking.catalogue.path.made(stem_terms, [ranking.by_file[file][0].row for file in held])
    for (file, words), stem in zip(held.items(), stems, strict=True):
        size = weights.path_stem * sum(rarity[word] for word in words) / whole
        if names[file].joined in compounds or stem <= asked:
            size += weights.whole_stem
        for candidate in ranking.by_file[file]:
            candidate.score += ranking.top * size
            candidate.signals.append("path-stem")


def press_side_paths(ranking: Ranking) -> None:
    """Tests, examples, legacy and the like lose, unless the query asks for them; tests then lose little.

    So do files of an older version (`v3/` where a candidate lies in `v4/`), unless the query names it, and
    those of no language that is known (change logs, tables, troff), which mention everything.
    """
    weights = ranking.weights
    question = ranking.question
    factors = {
        "test": weights.test,
        "example": weights.example,
        "legacy": weights.legacy,
        "generated": weights.generated,
        "benchmark": weights.benchmark,
        "locale": weights.locale,
        "declaration": weights.declaration,
    }
    lifted = {"test": weights.test_asked}
    asked = (
        (role, lifted.get(role, 1) if question.asks_for(role) else size) for role, size in factors.items()
    )
    pressed = {role: size for role, size in asked if size != 1}
    superseded = _superseded(ranking) if "legacy" in pressed else frozenset()
    unknown = _of_no_language(ranking) if weights.unknown_language != 1 else frozenset()
    for file, name in ranking.names.items():
        if not name.roles and file not in superseded and file not in unknown:
            continue  # as most are
        penalties = [(pressed[role], f"{role}-penalty") for role in name.roles if role in pressed]
        if file in superseded:
            penalties.append((weights.legacy, "older-version"))
        if file in unknown:
            penalties.append((weights.unknown_language, "unknown-language"))
        for factor, signal in penalties:
            for candidate in ranking.by_file[file]:
                candidate.score *= factor
                candidate.signals.append(signal)


def _of_no_language(ranking: Ranking) -> frozenset[_File]:
    """The candidates' files that are text in no known language, unless the query asks for documentation."""
    if ranking.question.asks_for("example"):
        return frozenset()
    languages = ranking.catalogue.language.take(ranking.first_rows())
    return frozenset(file for file, language in zip(ranking.by_file, languages, strict=True) if not language)


def _superseded(ranking: Ranking) -> frozenset[_File]:
    """The candidates' files beside which another candidate lies in a folder of a newer version."""
    catalogue = ranking.catalogue
    found: dict[_File, tuple[tuple[int, str], int]] = {}
    newest: dict[tuple[int, str], int] = {}
    for file, name in ranking.names.items():
        if (folder := name.version_folder) is not None:
            place = (int(catalogue.repo.codes[ranking.by_file[file][0].row]), folder[0])
            found[file] = (place, folder[1])
            newest[place] = max(newest.get(place, 0), folder[1])
    return frozenset(
        file
        for file, (place, version) in found.items()
        if version < newest[place] and f"v{version}" not in ranking.question.words
    )


def saturate_files(ranking: Ranking) -> None:
    """Each further chunk of a file counts for less than the one before it, by one factor."""
    if ranking.weights.saturation == 1:
        return
    for group in ranking.by_file.values():
        if len(group) == 1:
            continue
        _, *further = in_order(group)
        for before, candidate in enumerate(further, start=1):
            candidate.score *= ranking.weights.saturation**before
            candidate.signals.append("saturation")


Signal = Callable[[Ranking], None]

# In this order: boosts see fused scores, penalties see boosts, saturation sees the outcome.
FUSED_SIGNALS: tuple[Signal, ...] = (
    lift_matching_files,
    lift_definitions,
    lift_near_names,
    lift_named_repositories,
    lift_path_stems,
    press_side_paths,
    saturate_files,
)

# A search for exact text or a symbol shows all that match; files are not spread out.
EXACT_SIGNALS: tuple[Signal, ...] = (lift_definitions, press_side_paths)
SYMBOL_SIGNALS: tuple[Signal, ...] = (press_side_paths,)


def _best(candidates: Sequence[Candidate]) -> Candidate:
    if len(candidates) == 1:
        return candidates[0]  # as in most files
    return max(candidates, key=attrgetter("score"))


def in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Candidates best first; equal ones by repository, path and line, which is the order of rows."""
    # Sorting twice calls nothing of ours; the second keeps the order of equal ones.
    return sorted(sorted(candidates, key=attrgetter("row")), key=attrgetter("score"), reverse=True)
