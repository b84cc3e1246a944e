"""Pictures of what the benchmarks measure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from benchmarks.bars import Bar, draw_bars
from benchmarks.score_tables import draw_repositories
from benchmarks.scoring import Scored
from benchmarks.speed.__main__ import PARTS
from benchmarks.speed.charts import draw_part

SVG = "{http://www.w3.org/2000/svg}"


def widths(picture: str) -> list[float]:
    return [float(bar.attrib["width"]) for bar in ET.fromstring(picture).findall(f"{SVG}rect")]


def words(picture: str) -> list[str]:
    return [text.text or "" for text in ET.fromstring(picture).findall(f"{SVG}text")]


def test_bars_are_as_long_as_their_values() -> None:
    picture = draw_bars("a & b", [Bar("x", 1.0), Bar("<y>", 0.5, pale=True), Bar("nothing", 0.0)])
    longest, half, none = widths(picture)
    assert (half, none) == (longest / 2, 0)
    assert words(picture)[:3] == ["a & b", "x", "1.00"]


def test_where_nothing_took_any_time_there_is_a_picture_too() -> None:
    assert widths(draw_bars("nothing", [Bar("x", 0.0)])) == [0]
    assert widths(draw_bars("nothing at all", [])) == []


def test_figures_have_three_digits() -> None:
    shown = [words(draw_bars("", [Bar("x", value)]))[2] for value in (0.0274, 1.238, 41.27, 1234.5)]
    assert shown == ["0.027", "1.24", "41.3", "1,234"]


def test_a_score_has_its_interval_on_a_scale_that_ends_at_one() -> None:
    scored = [
        Scored(repo, "go", "symbol", "Session", value, 0.01)
        for repo, value in (("tuned", 1.0), ("held", 0.25), ("held", 0.75))
    ]
    picture = draw_repositories(scored, tuned_on=1)
    tuned, held = widths(picture)
    assert held == tuned / 2
    assert len(ET.fromstring(picture).findall(f"{SVG}path")) == 2
    assert words(picture)[-1] == "paler: the 1 tuned on; lines: 95 % of the questions"


RESULTS: dict[str, Any] = {
    "a": {"stages": {"cut": {"seconds": 4.0, "floor": 1.0, "of_floor": "tree-sitter alone"}}},
    "b": {"seconds": 0.5, "ls_tree": 0.25},
    "c": {"one_file": 1.0, "files": 40, "seconds": 4.0},
    "d": {
        "10000": {
            "modes": {"hybrid": {"p50": 4.0}},
            "plain_hybrid": {"p50": 8.0},
            "literal": {"exact": 1.0, "ripgrep": 9.0},
        }
    },
    "e": {"chunks": 200_000, "disk": 400e6, "peak_memory": 100e6},
    "f": {"commands": {"python3 -c pass": {"median": 0.02}, "nightdex --help": {"median": 0.1}}},
    "g": {"points": [(2_000, 4.0), (1_000, 1.0)]},
}


@pytest.mark.parametrize("letter", PARTS)
def test_every_part_has_a_picture_of_its_own_figures(letter: str) -> None:
    picture = draw_part(letter, RESULTS[letter])
    assert words(picture)[0].startswith(f"{letter}: ")
    assert len(widths(picture)) >= 2
    assert max(widths(picture)) > min(widths(picture)) > 0
