"""What labelled examples taught: a linear model over `features`, fitted by `python -m training.routing`.

The weights ship as weights.npz (int8, one scale a kind), with the digest of the examples that made them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_chain.router.features import features, slot
from model_chain.router.labels import Kind, labels_of

WEIGHTS = Path(__file__).parent / "weights.npz"
_TOLD_BY = ("word", "pair", "skip")  # features a reader recognises in the text


@dataclass(frozen=True, slots=True)
class Opinion:
    """A probability for each label, and the wording that speaks most for each."""

    probabilities: Mapping[str, float]
    words: Mapping[str, tuple[str, ...]]


class Classifier:
    """Weights of one kind: a row a slot, a column a label."""

    def __init__(self, kind: Kind, weights: NDArray[np.float32]) -> None:
        self._labels = labels_of(kind)
        self.weights = weights

    def opinion(self, text: str, most_words: int = 3) -> Opinion:
        """Judge a text."""
        names, slots, values = vector(text)
        parts = values[:, None] * self.weights[slots]
        scores = parts.sum(axis=0)
        exponents = np.exp(scores - scores.max())
        shares = exponents / exponents.sum()
        against = parts - parts.mean(axis=1, keepdims=True)
        told = [i for i, name in enumerate(names) if name.partition(":")[0] in _TOLD_BY]
        words = {}
        for column, label in enumerate(self._labels):
            ranked = sorted(told, key=lambda i: (-against[i, column], names[i]))[:most_words]
            words[label] = tuple(names[i].partition(":")[2] for i in ranked if against[i, column] > 0)
        return Opinion({label: float(p) for label, p in zip(self._labels, shares, strict=True)}, words)


def vector(text: str) -> tuple[list[str], NDArray[np.int64], NDArray[np.float32]]:
    """A text's feature names, slots and values; the values have length one."""
    found = features(text)
    values = np.sqrt(np.fromiter(found.values(), dtype=np.float32, count=len(found)))
    slots = np.fromiter((slot(name) for name in found), dtype=np.int64, count=len(found))
    return list(found), slots, (values / max(float(np.linalg.norm(values)), 1e-9)).astype(np.float32)


@cache
def classifier_of(kind: Kind) -> Classifier:
    """The shipped classifier of a kind, read once."""
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        weights = stored[f"{kind}_weights"].astype(np.float32) * stored[f"{kind}_scale"]
    return Classifier(kind, weights)


def trained_on(path: Path = WEIGHTS) -> str:
    """The digest of the examples the shipped weights were fitted on."""
    with np.load(path, allow_pickle=False) as stored:
        digest: Any = stored["examples_sha256"]
        return str(digest)
