"""Learn one vector a token so that the mean of a question's vectors lies near that of its document.

InfoNCE with in-batch negatives (van den Oord et al. 2018), symmetric, over a shared embedding bag. A search
chooses among the chunks of one repository, so the negatives are mostly of one package too.
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

# Tokens of a question that has none to spare.
SHORT_QUESTION = 5

# The score of a document that must not count as a wrong answer.
NO_NEGATIVE = -1e4


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every knob of the training, with the values of the shipped table."""

    batch: int = 1024
    of_one_package: int = 128  # pairs of a batch that stand together and share their package
    epochs: int = 5
    temperature: float = 0.05
    learning_rate: float = 0.001
    max_tokens: int = 192
    document_dropout: float = 0.2
    question_dropout: float = 0.1
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


@dataclass(frozen=True, slots=True)
class Examples:
    """Pairs as numbers. Equal numbers in `asked` are equal questions, in `chunks` documents of one chunk."""

    questions: Tokens
    documents: Tokens
    packages: NDArray[np.int64]
    asked: NDArray[np.int64]
    chunks: NDArray[np.int64]


def learn(
    examples: Examples, directions: NDArray[np.float32], recipe: Recipe, seed: int
) -> NDArray[np.float32]:
    """The trained table, float32 (vocabulary, DIMENSION). One thread: the same seed gives the same bits.

    It starts from `directions`, one a token; a token without one (zeros) starts from a random direction.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    rng = np.random.default_rng(seed)
    table = torch.nn.Parameter(_initial_table(examples.documents, directions, recipe.smoothing))
    optimiser = torch.optim.Adam([table], lr=recipe.learning_rate, fused=True)
    batches = len(examples.packages) // recipe.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.learning_rate, total_steps=recipe.epochs * batches, pct_start=0.1
    )
    targets = torch.arange(recipe.batch)
    started = perf_counter()
    for epoch in range(recipe.epochs):
        total = 0.0
        for members in _batches(examples.packages, recipe, rng):
            left = _embed(table, [_shorten(examples.questions[index], recipe, rng) for index in members])
            right = _embed(table, [_sample(examples.documents[index], recipe, rng) for index in members])
            scores = left @ right.T / recipe.temperature
            scores = scores.masked_fill(_also_right(examples, members), NO_NEGATIVE)
            loss = functional.cross_entropy(scores, targets) + functional.cross_entropy(scores.T, targets)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item() / 2
        print(f"epoch {epoch + 1}: loss {total / batches:.3f}, {perf_counter() - started:.0f} s", flush=True)
    learnt: NDArray[np.float32] = table.detach().numpy()
    return learnt


def _initial_table(documents: Tokens, directions: NDArray[np.float32], smoothing: float) -> Tensor:
    """The rarer a token, the longer its row (SIF, Arora et al. 2017): a bag of words to start from."""
    count = np.bincount(documents.ids, minlength=len(directions))
    length = torch.from_numpy((smoothing / (smoothing + count / count.sum())).astype(np.float32))
    given = torch.from_numpy(directions)
    known = given.any(dim=1, keepdim=True)
    start = torch.where(known, given, functional.normalize(torch.randn(given.shape), dim=1))
    return start * length[:, None]


def _batches(
    packages: NDArray[np.int64], recipe: Recipe, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Every pair once but for the last few, in runs of one package, the runs in random order."""
    order = rng.permutation(len(packages))
    order = order[np.argsort(packages[order], kind="stable")]
    runs = [
        order[start : start + recipe.of_one_package] for start in range(0, len(order), recipe.of_one_package)
    ]
    shuffled = np.concatenate([runs[run] for run in rng.permutation(len(runs))])
    for start in range(0, len(shuffled) - recipe.batch + 1, recipe.batch):
        yield shuffled[start : start + recipe.batch]


def _also_right(examples: Examples, members: NDArray[np.int64]) -> Tensor:
    """Which documents are no wrong answer, though they belong to another pair of the batch."""
    asked, chunks = examples.asked[members], examples.chunks[members]
    same = (asked[:, None] == asked[None]) | (chunks[:, None] == chunks[None])
    np.fill_diagonal(same, val=False)
    return torch.from_numpy(same)


def _shorten(ids: NDArray[np.int32], recipe: Recipe, rng: np.random.Generator) -> NDArray[np.int32]:
    """A question with some tokens left out, as people do; one of few tokens keeps them all."""
    if len(ids) < SHORT_QUESTION:
        return ids
    kept = ids[rng.random(len(ids)) >= recipe.question_dropout]
    return kept if len(kept) else ids


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
