from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_chain.backends.embedded import EmbeddedEmbedder
from training.judge import Place, ndcg
from training.table import save_table
from training.validate import bm25_ranks
from training.vocabulary import train_tokenizer

TEXTS = ["refreshSession of the HTTPClient", "open a file", "read the file", "http client session"] * 3


def test_the_same_texts_give_the_same_vocabulary() -> None:
    expected = train_tokenizer(TEXTS, 310).to_str()
    for _ in range(10):
        assert train_tokenizer(list(reversed(TEXTS)), 310).to_str() == expected


def test_identifiers_and_words_get_the_same_tokens() -> None:
    tokenizer = train_tokenizer(TEXTS, 400)
    assert tokenizer.encode("refreshSession(HTTPClient)").tokens == ["refresh", "session", "http", "client"]
    assert tokenizer.encode("refresh_session http-client").tokens == ["refresh", "session", "http", "client"]


def test_a_short_row_keeps_its_precision_when_quantised(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(TEXTS, 400)
    table = np.random.default_rng(0).standard_normal((tokenizer.get_vocab_size(), 256), dtype=np.float32)
    table[::2] /= 1000
    save_table(tmp_path, table, tokenizer, seed=0)
    for word in ("file", "open"):
        row = table[tokenizer.get_vocab()[word]]
        loaded = EmbeddedEmbedder(tmp_path).embed_query(word)
        assert loaded @ row / np.linalg.norm(row) == pytest.approx(1, abs=1e-3)


def test_bm25_finds_the_rare_word() -> None:
    documents = [np.array(ids, dtype=np.int32) for ids in ([1, 1, 2], [1, 3], [1, 4, 4])]
    questions = [np.array(ids, dtype=np.int32) for ids in ([2], [1, 3], [1])]
    assert bm25_ranks(questions, documents).tolist() == [1, 1, 3]


def test_ndcg_counts_each_target_at_the_first_chunk_that_covers_it() -> None:
    found = [Place("src/a.py", 1, 9), Place("src/a.py", 10, 20), Place("src/b.py", 1, 5)]
    assert ndcg(found, [Place("a.py", 1, 1 << 30)]) == 1
    assert ndcg(found, [Place("a.py", 12, 14)]) == pytest.approx(1 / np.log2(3))
    assert ndcg(found, [Place("b.py", 7, 9)]) == 0
    assert ndcg(found, [Place("a.py", 1, 9), Place("b.py", 1, 5)]) == pytest.approx(
        1.5 / (1 + 1 / np.log2(3))
    )
