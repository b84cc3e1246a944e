"""A picture of each part's results, as SVG. Takes what the JSON has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.bars import Bar, draw_bars

Results = Mapping[str, Any]


def draw_part(letter: str, results: Results) -> str:
    """The picture of one part."""
    title, bars = PICTURES[letter]
    return draw_bars(title, list(bars(results)), below="pale: what it is compared with")


def _stages(results: Results) -> Iterator[Bar]:
    for name, stage in results["stages"].items():
        yield Bar(name, stage["seconds"])
        if stage["floor"]:
            yield Bar(stage["of_floor"], stage["floor"], pale=True)


def _unchanged(results: Results) -> Iterator[Bar]:
    yield Bar("nightdex run", results["seconds"])
    yield Bar("git ls-tree -r", results["ls_tree"], pale=True)


def _changed(results: Results) -> Iterator[Bar]:
    yield Bar("one changed file", results["one_file"])
    yield Bar(f"{results['files']} changed files", results["seconds"])


def _queries(results: Results) -> Iterator[Bar]:
    for size, measured in results.items():
        for mode, times in measured["modes"].items():
            yield Bar(f"{mode}, {int(size):,} chunks", times["p50"])
        yield Bar(f"plain LanceDB, {int(size):,} chunks", measured["plain_hybrid"]["p50"], pale=True)
        if literal := measured.get("literal"):
            yield Bar(f"exact, {int(size):,} chunks", literal["exact"])
            yield Bar(f"ripgrep, {int(size):,} chunks", literal["ripgrep"], pale=True)


def _room(results: Results) -> Iterator[Bar]:
    each = 100_000 / results["chunks"] / 1e6
    yield Bar("disk", results["disk"] * each)
    yield Bar("the night's largest process, as it was", results["peak_memory"] / 1e6)


def _startup(results: Results) -> Iterator[Bar]:
    for name, took in results["commands"].items():
        yield Bar(name, took["median"], pale="python3" in name)


def _growth(results: Results) -> Iterator[Bar]:
    for chunks, seconds in sorted(results["points"]):
        yield Bar(f"{chunks:,} chunks", 1_000 * seconds / chunks)


PICTURES: dict[str, tuple[str, Callable[[Results], Iterator[Bar]]]] = {
    "a": ("a: seconds of each stage alone", _stages),
    "b": ("b: seconds of a night in which nothing changed", _unchanged),
    "c": ("c: seconds until a change is searchable", _changed),
    "d": ("d: milliseconds of a question, the median", _queries),
    "e": ("e: MB for 100,000 chunks", _room),
    "f": ("f: seconds from start to end, the median", _startup),
    "g": ("g: seconds for 1,000 chunks, by the chunks of the repository", _growth),
}
