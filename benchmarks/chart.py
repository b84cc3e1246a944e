"""One picture of a run of the retrieval benchmark: a bar a repository, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from benchmarks.scoring import Scored, by, interval, overall, values_by_repository

_ROW, _LEFT, _WIDTH, _RIGHT = 22, 170, 420, 60
_TUNED, _HELD_OUT = "#8aa9c9", "#2f6aa3"


def draw_repositories(scores: Sequence[Scored], tuned_on: int) -> str:
    """NDCG@10 of each repository with the 95 % interval of its questions; those tuned on are paler."""
    means = by(scores, lambda scored: scored.repo)
    languages = {scored.repo: scored.language for scored in scores}
    values = values_by_repository(scores)
    height = _ROW * (len(means) + 2)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + _RIGHT}" height="{height}">',
        "<style>text { font: 12px sans-serif }</style>",
        f'<text x="4" y="{_ROW - 6}">NDCG@10 {overall(scores):.3f} over {len(means)} repositories</text>',
    ]
    for number, (repo, value) in enumerate(means.items(), start=1):
        middle = _ROW * number + _ROW / 2
        low, high = interval({repo: values[repo]})
        colour = _TUNED if number <= tuned_on else _HELD_OUT
        parts += [
            f'<text x="4" y="{middle + 4}">{escape(repo)} ({escape(languages[repo])})</text>',
            f'<rect x="{_LEFT}" y="{middle - 7}" width="{_WIDTH * value:.1f}" height="14" fill="{colour}"/>',
            f'<path d="M{_LEFT + _WIDTH * low:.1f} {middle}H{_LEFT + _WIDTH * high:.1f}" stroke="#222"/>',
            f'<text x="{_LEFT + _WIDTH + 8}" y="{middle + 4}">{value:.3f}</text>',
        ]
    legend = f"paler: the {tuned_on} tuned on; " if tuned_on else ""
    parts += [f'<text x="4" y="{height - 7}">{legend}lines: 95 % of the questions</text>', "</svg>"]
    return "\n".join(parts) + "\n"
