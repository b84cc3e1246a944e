"""How well the first sentence of a doc comment finds its function, none of the doc comments being indexed.

`python -m benchmarks.docsearch --repos DIR | --packages FILE [--per-language N] [--json FILE]`;
benchmarks/README.md says what is measured and how.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from benchmarks.doc_pairs import DocPair, strip_package, strip_repository
from benchmarks.scoring import interval, mean
from indexer.night_options import NightOptions
from indexer.nightly import run_night
from indexer.sources.definition import SourceDefinition, SourceKind
from model_chain.backends.embedded import EmbeddedEmbedder
from model_chain.backends.extractive import ExtractiveSummariser
from nightdex.models import embedders_of
from nightdex.settings import Embedding
from search_api.query import Mode, parse_query
from search_api.search import Searcher, searching
from training.packages import DEFAULT_CACHE, read_packages

if TYPE_CHECKING:
    from index_store.catalogue import Catalogue

MODES = (Mode.RAW, Mode.SUMMARY, Mode.HYBRID)
DEPTH = 10
PER_LANGUAGE = 250
# A language with fewer pairs is measured with the others, but says nothing alone.
FEWEST = 50
_SEED = 11


@dataclass(frozen=True, slots=True)
class Found:
    """A pair and the rank, from 1, at which each mode found its function; 0 where not among the first ten."""

    repo: str
    language: str
    question: str
    ranks: Mapping[str, int]

    def reciprocal(self, mode: str) -> float:
        """1/rank, 0 where not found."""
        return 1 / self.ranks[mode] if self.ranks[mode] else 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Strip, index, ask in every mode, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("--repos", type=Path, help="a folder of git repositories")
    asked.add_argument("--packages", type=Path, metavar="FILE", help="a packages.toml, for what it holds out")
    parser.add_argument("--per-language", type=int, default=PER_LANGUAGE, metavar="N", help="pairs asked")
    parser.add_argument("--json", type=Path, metavar="FILE", help="save every rank")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="nightdex-docsearch-") as scratch:
        folder, state = Path(scratch, "code"), Path(scratch, "state")
        pairs = _of_packages(options.packages, folder) if options.packages else _of(options.repos, folder)
        if not pairs:
            given = options.packages or options.repos
            raise SystemExit(
                f"{given} holds no git repository or held-out package with a function that has a doc comment"
            )
        _index(folder, state)
        found = asyncio.run(_ask(pairs, state, options.per_language))
    _print(found)
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in found], indent=1))
    return 0


def _of(repos: Path, folder: Path) -> list[DocPair]:
    return [
        pair
        for checkout in sorted(repos.resolve().iterdir())
        if (checkout / ".git").exists() or (checkout / "HEAD").is_file()
        for pair in strip_repository(checkout.name, checkout, folder / checkout.name)
    ]


def _of_packages(packages: Path, folder: Path) -> list[DocPair]:
    return [
        pair
        for package in read_packages(packages)
        if package.held_out
        for pair in strip_package(package, DEFAULT_CACHE, folder / package.folder)
    ]


def _index(folder: Path, state: Path) -> None:
    state.mkdir()
    sources = tuple(
        SourceDefinition(name=path.name, kind=SourceKind.FOLDER, location=str(path))
        for path in sorted(folder.iterdir())
    )
    report = run_night(NightOptions(state, sources), EmbeddedEmbedder(), ExtractiveSummariser())
    if report.failed:
        raise SystemExit("\n".join(f"{failed.name}: {failed.reason}" for failed in report.failed))
    print(f"{report.totals()['chunks']} chunks of {len(sources)} repositories, {report.seconds:.1f} s\n")


async def _ask(pairs: Sequence[DocPair], state: Path, per_language: int) -> list[Found]:
    async with searching(state, embedders_of(Embedding())) as searcher:
        chosen = _choose(pairs, searcher.serving.current().reader.catalogue, per_language)
        return [
            Found(
                pair.repo,
                pair.language,
                pair.question,
                {mode.value: await _rank(searcher, pair, mode) for mode in MODES},
            )
            for pair in chosen
        ]


def _choose(pairs: Sequence[DocPair], catalogue: Catalogue, per_language: int) -> list[DocPair]:
    """So many pairs of each language, drawn by seed, of those whose function the index holds."""
    held = {
        (catalogue.repo[row], catalogue.path[row], catalogue.symbol[row]) for row in range(len(catalogue))
    }
    by_language: dict[str, list[DocPair]] = defaultdict(list)
    for pair in pairs:
        if (pair.repo, pair.path, pair.symbol) in held:
            by_language[pair.language].append(pair)
    random = Random(_SEED)
    return [
        pair
        for language in sorted(by_language)
        for pair in random.sample(by_language[language], min(per_language, len(by_language[language])))
    ]


async def _rank(searcher: Searcher, pair: DocPair, mode: Mode) -> int:
    answer = await searcher.search(
        parse_query(_as_words(pair.question), mode=mode, repos=[pair.repo], limit=DEPTH)
    )
    if answer.degraded:
        raise SystemExit(f"a degraded answer measures nothing: {answer.degraded[0]}")
    for rank, hit in enumerate(answer.hits, start=1):
        if (hit.path, hit.symbol) == (pair.path, pair.symbol):
            return rank
    return 0


def _as_words(sentence: str) -> str:
    """A sentence as a question: `path:x` in it is text, not a filter."""
    return sentence.replace(":", " ").replace("\0", " ")


def _print(found: Sequence[Found]) -> None:
    by_language: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        by_language[one.language].append(one)
    print(f"{len(found)} pairs, {len(by_language)} languages; MRR@10 and hit@1/5/10 in per cent\n")
    print(f"{'':12}{'pairs':>6}" + "".join(f"{mode.value:>20}" for mode in MODES), end="")
    print(f"{'hybrid - raw':>26}{'hybrid - summary':>26}")
    telling = {language: every for language, every in by_language.items() if len(every) >= FEWEST}
    for language, every in {**telling, "all": list(found)}.items():
        gains = [
            _gain({language: every} if language != "all" else by_language, other)
            for other in (Mode.RAW, Mode.SUMMARY)
        ]
        print(f"{language:12}{len(every):6}" + "".join(map(_cell, [every] * 3, MODES)) + "".join(gains))


def _cell(found: Sequence[Found], mode: Mode) -> str:
    ranks = [one.ranks[mode.value] for one in found]
    hits = "/".join(f"{100 * mean(0 < rank <= depth for rank in ranks):.0f}" for depth in (1, 5, 10))
    return f"{f'{mean(one.reciprocal(mode.value) for one in found):.3f} {hits}':>20}"


def _gain(groups: Mapping[str, Sequence[Found]], other: Mode) -> str:
    differences = {
        name: [one.reciprocal(Mode.HYBRID) - one.reciprocal(other) for one in found]
        for name, found in groups.items()
    }
    low, high = interval(differences)
    change = mean(mean(each) for each in differences.values())
    return f"{f'{change:+.3f} [{low:+.3f}, {high:+.3f}]':>26}"


if __name__ == "__main__":
    sys.exit(main())
