"""What a run of the retrieval benchmark prints and draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.bars import Bar, draw_bars
from benchmarks.scoring import (
    Scored,
    by,
    differences,
    interval,
    mean,
    overall,
    percentile,
    values_by_repository,
)
from benchmarks.variants import SHIPPED

# Differences below this are what another judge of the same answers would make.
NOISE = 0.01


def print_scores(scores: Sequence[Scored]) -> None:
    """The overall mean with its interval, then every group, then latency."""
    low, high = interval(values_by_repository(scores))
    print(f"NDCG@10 {overall(scores):.4f}  95 % [{low:.3f}, {high:.3f}]  {len(scores)} queries")
    for title, groups in (
        ("category", by(scores, lambda scored: scored.category)),
        ("language", by(scores, lambda scored: scored.language)),
        ("repository", by(scores, lambda scored: scored.repo)),
    ):
        print(f"\nby {title}")
        for name, value in groups.items():
            print(f"  {name:24} {value:.3f}")
    seconds = [scored.seconds for scored in scores]
    p50, p99 = (percentile(seconds, share) * 1000 for share in (0.5, 0.99))
    print(f"\nlatency p50 {p50:.1f} ms  p99 {p99:.1f} ms, one query at a time\n")


def print_halves(scores: Sequence[Scored], order: Sequence[str], tuned_on: int) -> None:
    """The repositories that weights were chosen on apart from those that only check them."""
    for title, names in (("tuned on", order[:tuned_on]), ("held out", order[tuned_on:])):
        part = [scored for scored in scores if scored.repo in names]
        low, high = interval(values_by_repository(part))
        print(f"{title:9} {len(names):3} repositories  {overall(part):.4f}  95 % [{low:.3f}, {high:.3f}]")
    print()


def print_ablation(results: Mapping[str, Sequence[Scored]]) -> None:
    """Each variant: its score, and how much it is from the shipped one, with the interval of that."""
    shipped = results[SHIPPED.name]
    categories = list(by(shipped, lambda scored: scored.category))
    print(f"{'':26}{'NDCG@10':>8}{'change':>9}  {'95 %':16}", end="")
    print("".join(f"{name:>14}" for name in categories) + f"{'p50 ms':>9}{'p99 ms':>9}")
    for name, scores in results.items():
        changed = differences(scores, shipped)
        low, high = interval(changed)
        change = overall(scores) - overall(shipped)
        groups = by(scores, lambda scored: scored.category)
        spread = f"[{low:+.3f}, {high:+.3f}]"
        row = f"{name:26}{overall(scores):8.4f}{change:+9.4f}  {spread:16}"
        p50, p99 = (percentile([scored.seconds for scored in scores], share) * 1000 for share in (0.5, 0.99))
        print(row + "".join(f"{groups[category]:14.3f}" for category in categories) + f"{p50:9.1f}{p99:9.1f}")
    print()


def print_comparison(new: Sequence[Scored], old: Sequence[Scored]) -> None:
    """This run against a saved one, over the questions both asked."""
    changed = differences(new, old)
    every = [change for changes in changed.values() for change in changes]
    low, high = interval(changed)
    change = mean(mean(changes) for changes in changed.values())
    better, worse = sum(c > 0 for c in every), sum(c < 0 for c in every)
    verdict = "within the noise of the labels" if abs(change) < NOISE else "more than the noise of the labels"
    print(
        f"against the saved run: {change:+.4f}  95 % [{low:+.3f}, {high:+.3f}]  {len(every)} queries in "
        f"common, {better} better, {worse} worse; {verdict}\n"
    )


def draw_repositories(scores: Sequence[Scored], tuned_on: int) -> str:
    """NDCG@10 of each repository with the 95 % interval of its questions, as SVG; those tuned on paler."""
    languages = {scored.repo: scored.language for scored in scores}
    values = values_by_repository(scores)
    means = by(scores, lambda scored: scored.repo)
    bars = [
        Bar(f"{repo} ({languages[repo]})", value, interval({repo: values[repo]}), pale=number <= tuned_on)
        for number, (repo, value) in enumerate(means.items(), start=1)
    ]
    title = f"NDCG@10 {overall(scores):.3f} over {len(means)} repositories"
    legend = f"paler: the {tuned_on} tuned on; " if tuned_on else ""
    return draw_bars(title, bars, full=1.0, below=f"{legend}lines: 95 % of the questions")
