"""Numbers as horizontal bars, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_ROW, _WIDTH, _LETTER, _RIGHT = 22, 420, 6.5, 70
_DARK, _PALE = "#2f6aa3", "#8aa9c9"


@dataclass(frozen=True, slots=True)
class Bar:
    """One number. A pale one is there to compare with; `interval` is a line across its end."""

    label: str
    value: float
    interval: tuple[float, float] | None = None
    pale: bool = False


def draw_bars(title: str, bars: Sequence[Bar], *, full: float = 0.0, below: str = "") -> str:
    """One bar a row; `full` is the value that takes all the width, by default the largest."""
    full = full or max((bar.value for bar in bars), default=0.0) or 1.0
    left = 16 + round(_LETTER * max((len(bar.label) for bar in bars), default=0))
    height = _ROW * (len(bars) + 2)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + _WIDTH + _RIGHT}" height="{height}">',
        "<style>text { font: 12px sans-serif }</style>",
        f'<text x="4" y="{_ROW - 6}">{escape(title)}</text>',
    ]
    for number, bar in enumerate(bars, start=1):
        middle = _ROW * number + _ROW / 2
        width, colour = _WIDTH * bar.value / full, _PALE if bar.pale else _DARK
        parts += [
            f'<text x="4" y="{middle + 4}">{escape(bar.label)}</text>',
            f'<rect x="{left}" y="{middle - 7}" width="{width:.1f}" height="14" fill="{colour}"/>',
            f'<text x="{left + _WIDTH + 8}" y="{middle + 4}">{_figure(bar.value)}</text>',
        ]
        if bar.interval is not None:
            low, high = (left + _WIDTH * value / full for value in bar.interval)
            parts.append(f'<path d="M{low:.1f} {middle}H{high:.1f}" stroke="#222"/>')
    return "\n".join([*parts, f'<text x="4" y="{height - 7}">{escape(below)}</text>', "</svg>"]) + "\n"


def _figure(value: float) -> str:
    """Three digits, however large."""
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3}f}"
