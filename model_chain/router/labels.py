"""The answers a router can give, cheapest first: abstaining goes to the last."""

from __future__ import annotations

from typing import Literal

Kind = Literal["task", "query"]
TASK_LABELS = ("local", "haiku", "codex", "opus")
QUERY_LABELS = ("raw", "summary", "reasoning")


def labels_of(kind: Kind) -> tuple[str, ...]:
    """The labels of a kind, cheapest first."""
    return TASK_LABELS if kind == "task" else QUERY_LABELS
