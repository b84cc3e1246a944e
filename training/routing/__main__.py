"""Fit and write the router's weights: `python -m training.routing [--seed N] [--out FILE] [--folds N]`.

With --folds the written examples are held out in turn first, and what the router would have said to them is
printed for several prices of sending a thinking text down; `SENT_DOWN` was read from that table.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from model_chain.router.classifier import WEIGHTS, Classifier
from model_chain.router.decision import least_regret
from model_chain.router.labels import Kind, labels_of
from training.routing.fit import MADE_PER_LABEL, fit_classifier
from training.routing.phrases import Example, digest, made, written

KINDS: tuple[Kind, ...] = ("task", "query")
PRICES = (1.0, 1.5, 2.0, 2.5, 3.0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit both kinds and write one file."""
    parser = argparse.ArgumentParser(prog="python -m training.routing", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--folds", type=int, default=0)
    options = parser.parse_args(arguments)
    if options.folds:
        for kind in KINDS:
            _cross_validate(kind, options.folds, options.seed)
    fitted = {
        kind: fit_classifier(kind, made(kind, MADE_PER_LABEL, options.seed), written(kind), options.seed)
        for kind in KINDS
    }
    write(fitted, options.out)
    print(f"{options.out}: {options.out.stat().st_size:,} bytes, examples {digest()[:12]}")
    return 0


def write(classifiers: Mapping[Kind, Classifier], path: Path) -> None:
    """Write the weights as int8 with one scale a kind, and the digest of what they were fitted on."""
    arrays: dict[str, object] = {"examples_sha256": digest()}
    for kind, classifier in classifiers.items():
        scale = float(np.abs(classifier.weights).max()) / 127
        arrays[f"{kind}_weights"] = np.round(classifier.weights / scale).astype(np.int8)
        arrays[f"{kind}_scale"] = np.float32(scale)
    with path.open("wb") as out:
        np.savez_compressed(out, allow_pickle=False, **arrays)  # type: ignore[arg-type]  # arrays and a string


def _cross_validate(kind: Kind, folds: int, seed: int) -> None:
    examples = written(kind)
    random.Random(seed).shuffle(examples)
    sentences = made(kind, MADE_PER_LABEL, seed)
    judged: list[tuple[Example, Mapping[str, float]]] = []
    for fold in range(folds):
        kept = [example for index, example in enumerate(examples) if index % folds != fold]
        classifier = fit_classifier(kind, sentences, kept, seed)
        judged += [(held, classifier.opinion(held.text).probabilities) for held in examples[fold::folds]]
    top = labels_of(kind)[-1]
    thinking = sum(example.label == top for example, _ in judged)
    print(f"{len(judged)} written {kind} examples, {thinking} of them thinking, {folds} folds")
    for price in PRICES:
        answers = [(example.label, least_regret(shares, kind, price)) for example, shares in judged]
        right = sum(label == answer for label, answer in answers) / len(answers)
        down = sum(label == top != answer for label, answer in answers) / thinking
        print(f"  sent down costs {price}: right {right:.1%}, thinking sent down {down:.1%}")


if __name__ == "__main__":
    raise SystemExit(main())
