"""The nearest labelled examples: TF-IDF over words and word pieces, so no model is needed."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from model_chain.router.rules import Kind

EXAMPLES = Path(__file__).parent / "examples.jsonl"
_WORD = re.compile(r"[^\W_]+|[^\w\s]", re.UNICODE)
_PIECE = 4  # letters of a word piece: long enough to carry a stem, short enough to survive a typo
_PIECE_WEIGHT = 0.4  # a piece says less than a whole word
_FIRST_WORD_WEIGHT = 1.5  # what is asked for usually stands first


@dataclass(frozen=True, slots=True)
class Example:
    """One text whose label is known."""

    text: str
    kind: Kind
    label: str


def read_examples(path: Path = EXAMPLES) -> tuple[Example, ...]:
    """Labelled examples from JSONL (text, kind, label)."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(Example(row["text"], row["kind"], row["label"]) for row in rows)


class Neighbours:
    """Labelled examples of one kind, compared by cosine similarity."""

    def __init__(self, examples: Iterable[Example]) -> None:
        self._examples = tuple(examples)
        counted = [_features(example.text) for example in self._examples]
        seen = Counter(feature for features in counted for feature in features)
        self._rarity = {f: math.log((1 + len(counted)) / (1 + n)) + 1 for f, n in seen.items()}
        self._vectors = [self._weigh(features) for features in counted]

    def votes(self, text: str, nearest: int) -> tuple[dict[str, float], str]:
        """Similarity summed per label over the nearest examples, and the text of the nearest one."""
        query = self._weigh(_features(text))
        scored = sorted(
            (
                (_dot(query, vector), example)
                for vector, example in zip(self._vectors, self._examples, strict=True)
            ),
            key=lambda pair: -pair[0],
        )[:nearest]
        votes: dict[str, float] = {}
        for similarity, example in scored:
            votes[example.label] = votes.get(example.label, 0.0) + similarity
        return votes, scored[0][1].text if scored else ""

    def without(self, text: str) -> Neighbours:
        """The same examples but one: for leave-one-out tuning."""
        return Neighbours(example for example in self._examples if example.text != text)

    def _weigh(self, features: Mapping[str, float]) -> dict[str, float]:
        unseen = max(self._rarity.values(), default=1.0)
        weighed = {f: w * self._rarity.get(f, unseen) for f, w in features.items()}
        norm = math.sqrt(sum(w * w for w in weighed.values())) or 1.0
        return {f: w / norm for f, w in weighed.items()}


@cache
def neighbours_of(kind: Kind) -> Neighbours:
    """The shipped examples of a kind, read once."""
    return Neighbours(example for example in read_examples() if example.kind == kind)


def _features(text: str) -> dict[str, float]:
    words: Sequence[str] = _WORD.findall(text.lower())
    features: dict[str, float] = {}
    for position, word in enumerate(words):
        features[word] = features.get(word, 0.0) + (_FIRST_WORD_WEIGHT if position == 0 else 1.0)
        padded = f" {word} "
        for start in range(len(padded) - _PIECE + 1):
            piece = "~" + padded[start : start + _PIECE]
            features[piece] = features.get(piece, 0.0) + _PIECE_WEIGHT
    for pair in pairwise(words):
        features[" ".join(pair)] = 1.0
    return features


def _dot(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    small, large = (a, b) if len(a) < len(b) else (b, a)
    return sum(weight * large.get(feature, 0.0) for feature, weight in small.items())
