"""Train the shipped embedding table: `python -m training.train --seed 0 --out DIR`.

Fetch pinned packages -> cut them with the indexer's chunker -> mine pairs -> learn a vocabulary -> learn a
table -> quantise -> score on held-out packages. The same seed, packages and libraries give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from model_chain.backends.embedded import EmbeddedEmbedder
from training.contrast import DIMENSION, Recipe, Tokens, learn
from training.packages import Package, read_packages
from training.pairs import Pair, mine_pairs
from training.sources import read_chunks
from training.table import save_table
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
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "nightdex-training")
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
    questions = Tokens.of(token_ids(tokenizer, [pair.question for pair in train_pairs]))
    documents = Tokens.of(token_ids(tokenizer, [pair.document for pair in train_pairs]))
    recipe = Recipe(epochs=arguments.epochs)
    table = learn(questions, documents, tokenizer.get_vocab_size(), recipe, arguments.seed)
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


def _mine(packages: list[Package], cache: Path, processes: int, seed: int) -> tuple[list[Pair], list[Pair]]:
    """Training pairs, and the doc pairs of the held-out packages; each question and document once."""
    train: list[Pair] = []
    held_out: list[Pair] = []
    seen: set[bytes] = set()
    for package, chunks in zip(packages, read_chunks(packages, cache, processes), strict=True):
        for pair in mine_pairs(chunks, f"{seed} {package.name}"):
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
