"""How well a table finds the code behind a doc sentence, on packages it never saw; BM25 beside it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model_chain.protocol import Embedder
from training.pairs import Pair

# Every question is asked against this many documents of all languages together.
CANDIDATES = 2000
_K1, _B = 1.2, 0.75

Ranks = NDArray[np.int64]


def dense_ranks(embedder: Embedder, pairs: Sequence[Pair]) -> Ranks:
    """The rank (from 1) of each pair's own document among all."""
    documents = embedder.embed_documents([pair.document for pair in pairs]).vectors
    questions = embedder.embed_documents([pair.question for pair in pairs]).vectors
    return _ranks(questions @ documents.T)


def bm25_ranks(questions: Sequence[NDArray[np.int32]], documents: Sequence[NDArray[np.int32]]) -> Ranks:
    """The same by BM25 (k1 1.2, b .75) over the same tokens."""
    counts = [Counter(document.tolist()) for document in documents]
    frequency = Counter(token for count in counts for token in count)
    mean_length = sum(map(len, documents)) / len(documents)
    postings: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for index, count in enumerate(counts):
        norm = _K1 * (1 - _B + _B * len(documents[index]) / mean_length)
        for token, times in count.items():
            postings[token].append((index, times * (_K1 + 1) / (times + norm)))
    scores = np.zeros((len(questions), len(documents)), dtype=np.float32)
    for row, question in enumerate(questions):
        for token in set(question.tolist()):
            found = frequency[token]
            idf = math.log(1 + (len(documents) - found + 0.5) / (found + 0.5))
            for index, weight in postings[token]:
                scores[row, index] += idf * weight
    return _ranks(scores)


def print_scores(title: str, ranks: Ranks, pairs: Sequence[Pair]) -> None:
    """One line a language: MRR and recall@1."""
    languages = sorted({pair.language for pair in pairs})
    cells = [f"{title:8} all {_mrr(ranks):.3f}/{np.mean(ranks == 1):.3f}"]
    for language in languages:
        chosen = ranks[[pair.language == language for pair in pairs]]
        cells.append(f"{language} {_mrr(chosen):.3f}/{np.mean(chosen == 1):.3f} ({len(chosen)})")
    print("  ".join(cells), flush=True)


def _mrr(ranks: Ranks) -> float:
    return float(np.mean(1 / ranks))


def _ranks(scores: NDArray[np.float32]) -> Ranks:
    """Ties count against us."""
    own = np.diagonal(scores)[:, None]
    ranks: Ranks = (scores >= own).sum(axis=1)
    return ranks
