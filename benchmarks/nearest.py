"""A baseline for the router: the label of the most similar written example."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache

from model_chain.router.classifier import vector
from model_chain.router.labels import Kind
from training.routing.phrases import Example, written


class Nearest:
    """Written examples, compared by the cosine of the features that the classifier uses."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._labels = [example.label for example in examples]
        self._postings: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
        for row, example in enumerate(examples):
            for slot, value in self._weighed(example.text):
                self._postings[slot].append((row, value))

    def label(self, text: str) -> str:
        """The label of the nearest example."""
        scores = [0.0] * len(self._labels)
        for slot, value in self._weighed(text):
            for row, other in self._postings[slot]:
                scores[row] += value * other
        return self._labels[max(range(len(scores)), key=scores.__getitem__)]

    @staticmethod
    def _weighed(text: str) -> list[tuple[int, float]]:
        _, slots, values = vector(text)
        return list(zip(slots.tolist(), values.tolist(), strict=True))


@cache
def nearest_of(kind: Kind) -> Nearest:
    """The written examples of a kind, read once."""
    return Nearest(written(kind))
