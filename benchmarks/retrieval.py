"""How well searches find annotated answers: NDCG@10 by repository, category and language, and latency.

`python -m benchmarks.retrieval --annotations DIR --repos DIR [--state DIR] [--tuned-on N] [--ablate]
[--chart FILE] [--json FILE] [--compare FILE]`; benchmarks/README.md says what is measured and how.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.annotations import BadAnnotations, Question, Repository, load_repositories
from benchmarks.score_tables import (
    draw_repositories,
    print_ablation,
    print_comparison,
    print_halves,
    print_scores,
)
from benchmarks.scoring import DEPTH, Place, Scored, ndcg
from benchmarks.variants import SHIPPED, Variant, ablation
from indexer.night_options import NightOptions
from indexer.nightly import run_night
from indexer.sources.definition import SourceDefinition, SourceKind
from model_chain.backends.embedded import EmbeddedEmbedder
from model_chain.backends.extractive import ExtractiveSummariser
from nightdex.models import embedders_of
from nightdex.settings import Embedding
from search_api.query import parse_query
from search_api.search import Searcher, searching

if TYPE_CHECKING:
    from index_store.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Where:
    """Where questions are asked: in their repository by the filter, or everywhere.

    Everywhere a hit of another repository covers nothing; `naming` adds " in <repository>" to a question in
    words, as people do.
    """

    everywhere: bool = False
    naming: bool = False

    @classmethod
    def of(cls, options: argparse.Namespace) -> Where:
        """What the command line says."""
        return cls(everywhere=options.everywhere or options.naming, naming=options.naming)


def main(arguments: Sequence[str] | None = None) -> int:
    """Index, ask, print; exit 1 where a repository could not be indexed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--annotations", type=Path, required=True, help="a folder of <name>.json files")
    parser.add_argument("--repos", type=Path, required=True, help="a folder with one checkout a name")
    parser.add_argument("--state", type=Path, help="keep the index here, and use it again")
    parser.add_argument("--tuned-on", type=int, default=0, metavar="N", help="also print the first N apart")
    parser.add_argument("--everywhere", action="store_true", help="ask all repositories at once")
    parser.add_argument("--naming", action="store_true", help="the same, with the repository's name in words")
    parser.add_argument("--ablate", action="store_true", help="switch each list and signal off in turn")
    parser.add_argument("--json", type=Path, metavar="FILE", help="save every score")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw the repositories, as SVG")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="a run saved with --json")
    options = parser.parse_args(arguments)

    repositories = load_repositories(options.annotations)
    with ExitStack() as stack:
        state = options.state or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="nightdex-retrieval-"))
        )
        state.mkdir(parents=True, exist_ok=True)
        index(repositories, options.repos.resolve(), state.resolve())
        variants = [SHIPPED, *(ablation() if options.ablate else ())]
        results = asyncio.run(measure(repositories, state.resolve(), variants, where=Where.of(options)))
    shipped = results[SHIPPED.name]
    print_scores(shipped)
    if options.tuned_on:
        print_halves(shipped, [repository.name for repository in repositories], options.tuned_on)
    if options.ablate:
        print_ablation(results)
    if options.compare:
        print_comparison(shipped, [Scored(**entry) for entry in json.loads(options.compare.read_text())])
    if options.chart:
        options.chart.write_text(draw_repositories(shipped, options.tuned_on), encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps([asdict(scored) for scored in shipped], indent=1))
    return 0


def index(repositories: Iterable[Repository], repos: Path, state: Path) -> None:
    """Bring one index over all of the repositories up to date, as a night does; quick if nothing changed.

    Raises:
        BadAnnotations: a checkout is missing or could not be read.
    """
    sources = tuple(_source(repository, repos / repository.name) for repository in repositories)
    report = run_night(
        NightOptions(state, sources, accept_vanished=True), EmbeddedEmbedder(), ExtractiveSummariser()
    )
    if report.failed:
        raise BadAnnotations("\n".join(f"{failed.name}: {failed.reason}" for failed in report.failed))
    print(f"{report.totals()['chunks']} chunks of {len(sources)} repositories, {report.seconds:.1f} s\n")


def _source(repository: Repository, checkout: Path) -> SourceDefinition:
    if not checkout.is_dir():
        raise BadAnnotations(f"{checkout} is missing: check {repository.name} out there")
    is_git = (checkout / ".git").exists() or (checkout / "HEAD").is_file()
    return SourceDefinition(
        name=repository.name,
        kind=SourceKind.REPOSITORY if is_git else SourceKind.FOLDER,
        location=str(checkout),
        branch=repository.revision if is_git else "",
        include=(f"/{repository.root}/",) if repository.root else (),
    )


async def measure(
    repositories: Iterable[Repository], state: Path, variants: Iterable[Variant], *, where: Where = Where()
) -> dict[str, list[Scored]]:
    """Ask every question of each variant, one at a time."""
    results = {}
    repositories = tuple(repositories)
    async with searching(state, embedders_of(Embedding())) as opened:
        catalogue = opened.serving.current().reader.catalogue
        languages = {
            repository.name: repository.language or _main_language(catalogue, repository.name)
            for repository in repositories
        }
        for variant in variants:
            searcher = Searcher(opened.serving, variant.weights)
            results[variant.name] = [
                await _ask(searcher, variant, question, languages[repository.name], where)
                for repository in repositories
                for question in repository.questions
            ]
    return results


async def _ask(
    searcher: Searcher, variant: Variant, question: Question, language: str, where: Where
) -> Scored:
    repos = [] if where.everywhere else [question.repo]
    in_words = where.naming and " " in question.text
    text = f"{question.text} in {question.repo}" if in_words else question.text
    query = parse_query(text, mode=variant.mode, repos=repos, limit=DEPTH)
    began = time.perf_counter()
    answer = await searcher.search(query)
    seconds = time.perf_counter() - began
    if answer.degraded:
        raise BadAnnotations(f"a degraded answer measures nothing: {answer.degraded[0]}")
    found = [
        Place(hit.path if hit.repo == question.repo else "", hit.start_line, hit.end_line)
        for hit in answer.hits
    ]
    score = ndcg(found, question.targets)
    return Scored(question.repo, language, question.category, question.text, score, seconds)


def _main_language(catalogue: Catalogue, repo: str) -> str:
    rows = (row for row in range(len(catalogue)) if catalogue.repo[row] == repo)
    counted = Counter(catalogue.language[row] for row in rows)
    return max(counted, key=lambda language: (counted[language], language), default="none")


if __name__ == "__main__":
    sys.exit(main())
