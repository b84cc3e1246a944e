"""Softmax regression over hashed features, by AdaGrad over single examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model_chain.router.classifier import Classifier, vector
from model_chain.router.features import SLOTS
from model_chain.router.labels import Kind, labels_of
from training.routing.phrases import Example

EPOCHS = 5
RATE = 0.3
SMOOTHING = 0.1  # probability kept back for the other labels: nobody's wording is certain
WRITTEN_WEIGHT = 6.0  # of a written example, a made sentence being 1
MADE_PER_LABEL = 2_000


def fit(kind: Kind, examples: Sequence[Example], weights: Sequence[float], seed: int) -> NDArray[np.float32]:
    """Weights (slots x labels) that tell the examples apart."""
    labels = labels_of(kind)
    rows = [vector(example.text)[1:] for example in examples]
    wanted = np.full((len(rows), len(labels)), SMOOTHING / len(labels))
    for row, example in enumerate(examples):
        wanted[row, labels.index(example.label)] += 1 - SMOOTHING
    table = np.zeros((SLOTS, len(labels)))
    seen = np.full((SLOTS, len(labels)), 1e-2)
    order = np.random.default_rng(seed)
    for _ in range(EPOCHS):
        for row in order.permutation(len(rows)):
            slots, values = rows[row]
            scores = values @ table[slots]
            shares = np.exp(scores - scores.max())
            gradient = np.outer(values, (shares / shares.sum() - wanted[row]) * weights[row])
            seen[slots] += gradient * gradient
            table[slots] -= RATE * gradient / np.sqrt(seen[slots])
    return table.astype(np.float32)


def fit_classifier(kind: Kind, made: Sequence[Example], written: Sequence[Example], seed: int) -> Classifier:
    """A classifier from made sentences and written examples."""
    shares = [1.0] * len(made) + [WRITTEN_WEIGHT] * len(written)
    return Classifier(kind, fit(kind, [*made, *written], shares, seed))
