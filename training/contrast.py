"""Learn one vector a token so that the mean of a question's vectors lies near that of its document.

InfoNCE with in-batch negatives (van den Oord et al. 2018), symmetric, over a shared embedding bag.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

DIMENSION = 256


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every knob of the training, with the values of the shipped table."""

    batch: int = 1024
    epochs: int = 4
    temperature: float = 0.05
    learning_rate: float = 0.004
    max_tokens: int = 192
    document_dropout: float = 0.2
    smoothing: float = 1e-3


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token ids of many texts, end to end; text i is ids[starts[i]:starts[i + 1]]."""

    ids: NDArray[np.int32]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, lists: Sequence[NDArray[np.int32]]) -> Tokens:
        """Pack the ids of each text."""
        starts = np.zeros(len(lists) + 1, dtype=np.int64)
        np.cumsum([len(ids) for ids in lists], out=starts[1:])
        return cls(np.concatenate(lists), starts)

    def __getitem__(self, index: int) -> NDArray[np.int32]:
        return self.ids[self.starts[index] : self.starts[index + 1]]


def learn(
    questions: Tokens, documents: Tokens, vocabulary: int, recipe: Recipe, seed: int
) -> NDArray[np.float32]:
    """The trained table, float32 (vocabulary, DIMENSION). One thread: the same seed gives the same bits."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    rng = np.random.default_rng(seed)
    table = torch.nn.Parameter(_initial_table(documents, vocabulary, recipe.smoothing))
    optimiser = torch.optim.Adam([table], lr=recipe.learning_rate, fused=True)
    batches = len(questions.starts) // recipe.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.learning_rate, total_steps=recipe.epochs * batches, pct_start=0.1
    )
    targets = torch.arange(recipe.batch)
    started = perf_counter()
    for epoch in range(recipe.epochs):
        total = 0.0
        for members in _batches(len(questions.starts) - 1, recipe.batch, rng):
            left = _embed(table, [questions[index] for index in members])
            right = _embed(table, [_sample(documents[index], recipe, rng) for index in members])
            scores = left @ right.T / recipe.temperature
            loss = functional.cross_entropy(scores, targets) + functional.cross_entropy(scores.T, targets)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item() / 2
        print(f"epoch {epoch + 1}: loss {total / batches:.3f}, {perf_counter() - started:.0f} s", flush=True)
    learnt: NDArray[np.float32] = table.detach().numpy()
    return learnt


def _initial_table(documents: Tokens, vocabulary: int, smoothing: float) -> Tensor:
    """Random directions, the rarer the longer (SIF, Arora et al. 2017): a bag of words to start from."""
    share = np.bincount(documents.ids, minlength=vocabulary) / len(documents.ids)
    length = torch.from_numpy((smoothing / (smoothing + share)).astype(np.float32))
    directions = functional.normalize(torch.randn(vocabulary, DIMENSION), dim=1)
    return directions * length[:, None]


def _batches(count: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    order = rng.permutation(count)
    for start in range(0, count - size + 1, size):
        yield order[start : start + size]


def _sample(ids: NDArray[np.int32], recipe: Recipe, rng: np.random.Generator) -> NDArray[np.int32]:
    """A random subset of a document's tokens: cheaper, and no single token may carry the match."""
    kept = ids[rng.random(len(ids)) >= recipe.document_dropout]
    if len(kept) > recipe.max_tokens:
        kept = kept[np.sort(rng.choice(len(kept), recipe.max_tokens, replace=False))]
    return kept if len(kept) else ids


def _embed(table: Tensor, texts: Sequence[NDArray[np.int32]]) -> Tensor:
    offsets = np.zeros(len(texts), dtype=np.int64)
    np.cumsum([len(text) for text in texts[:-1]], out=offsets[1:])
    ids = torch.from_numpy(np.concatenate(texts).astype(np.int64))
    sums = functional.embedding_bag(ids, table, torch.from_numpy(offsets), mode="sum")
    return functional.normalize(sums, dim=1)
