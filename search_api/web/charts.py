"""Bar charts as numbers: what the template draws as SVG, without a style or a script of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 440, 190
_LEFT, _TOP, _BOTTOM = 50, 16, 22
_PLOT_WIDTH, _PLOT_HEIGHT = WIDTH - _LEFT, HEIGHT - _TOP - _BOTTOM

# A first night is a hundred times any other. A bar this much above four fifths of them is cut, and its value
# written on it; with fewer bars than this there is no rule that one could be outside of.
_OUTLIER, _FEW = 4.0, 5

# A scale ends no lower: near zero, floats have no round numbers.
_LEAST = 1e-9

# Labels below the columns that fit side by side.
_LABELS = 7


@dataclass(frozen=True, slots=True)
class Column:
    """What stands above one label: bars side by side, each of (series, value) on top of each other."""

    label: str
    bars: Sequence[Sequence[tuple[str, float]]]


@dataclass(frozen=True, slots=True)
class Rect:
    """One part of a bar, in the units of the drawing; `series` numbers its colour, `title` says it."""

    x: float
    y: float
    width: float
    height: float
    series: int
    title: str


@dataclass(frozen=True, slots=True)
class Label:
    """A text at a place."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its name, its parts, its labels, and the names of its series in the order of their numbers."""

    name: str
    series: Sequence[str]
    rects: Sequence[Rect]
    columns: Sequence[Label]
    ticks: Sequence[Label]
    cut: Sequence[Label]
    width: int = WIDTH
    height: int = HEIGHT


def bar_chart(name: str, columns: Sequence[Column], say: Callable[[float], str]) -> Chart:
    """Draw columns from left to right; `say` writes a value for a reader."""
    series = list(dict.fromkeys(part for column in columns for bar in column.bars for part, _ in bar))
    totals = [sum(value for _, value in bar) for column in columns for bar in column.bars]
    top = _top(totals)
    rects: list[Rect] = []
    cut: list[Label] = []
    step = _PLOT_WIDTH / max(len(columns), 1)
    for number, column in enumerate(columns):
        bar_width = min(step * 0.8, 46.0) / max(len(column.bars), 1)
        highest = max((sum(value for _, value in bar) for bar in column.bars), default=0.0)
        if highest > top:
            middle = min(max(_LEFT + step * (number + 0.5), _LEFT + 20), WIDTH - 24)
            cut.append(Label(round(middle, 1), _TOP - 4, f"↑ {say(highest)}"))
        left = _LEFT + step * (number + 0.5) - bar_width * len(column.bars) / 2
        for place, bar in enumerate(column.bars):
            x = left + place * bar_width
            rects += _bar(column.label, bar, x, bar_width, (top, series, say))
    every = -(-len(columns) // _LABELS)
    return Chart(
        name=name,
        series=series,
        rects=rects,
        columns=[
            Label(round(_LEFT + step * (number + 0.5), 1), HEIGHT - 6, column.label)
            for number, column in enumerate(columns)
            if number % every == 0
        ],
        ticks=[Label(_LEFT - 6, round(_y(top * share, top), 1), say(top * share)) for share in (0, 0.5, 1)],
        cut=cut,
    )


def _bar(
    label: str,
    bar: Sequence[tuple[str, float]],
    x: float,
    width: float,
    scale: tuple[float, Sequence[str], Callable[[float], str]],
) -> list[Rect]:
    top, series, say = scale
    rects = []
    heights = [0.0]
    for _, value in bar:
        heights.append(min(heights[-1] + value, top))
    for (part, value), (below, above) in zip(bar, pairwise(heights), strict=True):
        if above > below:
            y = _y(above, top)
            height = max(_y(below, top) - y, 0.5)
            title = f"{label}: {part} {say(value)}"
            rects.append(
                Rect(
                    round(x, 1), round(y, 1), round(width - 1, 1), round(height, 1), series.index(part), title
                )
            )
    return rects


def _y(value: float, top: float) -> float:
    return _TOP + _PLOT_HEIGHT * (1 - value / top)


def _top(totals: Sequence[float]) -> float:
    """A round number that the highest bar which is no outlier stays below."""
    in_order = sorted(total for total in totals if total > 0) or [1.0]
    if len(in_order) >= _FEW:
        usual = in_order[len(in_order) * 4 // 5 - 1]
        in_order = [total for total in in_order if total <= _OUTLIER * usual]
    most = max(in_order[-1], _LEAST)
    magnitude = 1.0
    while magnitude * 10 <= most:
        magnitude *= 10
    while magnitude > most:
        magnitude /= 10
    return next(magnitude * share for share in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if magnitude * share >= most)
