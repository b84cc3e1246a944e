"""Numbers as horizontal bars, as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

_ROW, _LEFT, _WIDTH, _RIGHT = 22, 170, 420, 70


def draw_bars(title: str, values: Mapping[str, float]) -> str:
    """One bar a value, the longest as wide as there is room."""
    largest = max(values.values(), default=0.0) or 1.0
    height = _ROW * (len(values) + 1) + 6
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + _RIGHT}" height="{height}">',
        "<style>text { font: 12px sans-serif }</style>",
        f'<text x="4" y="{_ROW - 6}">{escape(title)}</text>',
    ]
    for number, (name, value) in enumerate(values.items(), start=1):
        middle = _ROW * number + _ROW / 2
        width = _WIDTH * value / largest
        parts += [
            f'<text x="4" y="{middle + 4}">{escape(name)}</text>',
            f'<rect x="{_LEFT}" y="{middle - 7}" width="{width:.1f}" height="14" fill="#2f6aa3"/>',
            f'<text x="{_LEFT + width + 6:.1f}" y="{middle + 4}">{value:.2f}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"
