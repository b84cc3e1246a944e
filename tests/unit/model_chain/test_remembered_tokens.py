"""What is remembered of the vocabulary changes no vector."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from model_chain.backends import embedded
from model_chain.backends.embedded import EmbeddedEmbedder, runs_of
from model_chain.backends.shipped import SHIPPED_MODEL

_PIECES = [
    "get",
    "HTTP",
    "Server",
    "x2",
    "V",
    "1",
    "0x1f",
    "_",
    " ",
    "\n",
    ".",
    "(",
    "'",
    "é",
    "ß",
    "数",
    "İ",
]


@pytest.fixture(scope="module")
def embedder() -> EmbeddedEmbedder:
    return EmbeddedEmbedder()


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(SHIPPED_MODEL / "tokenizer.json"))


texts = st.one_of(
    st.text(max_size=60),
    st.text(st.characters(max_codepoint=127), max_size=60),
    st.lists(st.sampled_from(_PIECES), max_size=20).map("".join),
)


@given(st.lists(texts, max_size=4))
def test_a_batch_has_the_vectors_of_a_text_asked_alone(embedder: EmbeddedEmbedder, asked: list[str]) -> None:
    # A query goes through the tokenizer itself.
    batch = embedder.embed_documents(asked)
    for index, text in enumerate(asked):
        if index in batch.failures:
            assert not batch.vectors[index].any()
        else:
            assert np.array_equal(batch.vectors[index], embedder.embed_query(text))


@given(texts.map(lambda text: text.encode("utf-8", "replace").decode()))
def test_the_tokens_of_a_text_are_those_of_its_runs(tokenizer: Tokenizer, text: str) -> None:
    whole = tokenizer.encode(text, add_special_tokens=False).ids
    runs = [tokenizer.encode(run, add_special_tokens=False).ids for run in runs_of(text)]
    assert [token for run in runs for token in run] == whole


def test_long_runs_are_not_kept(embedder: EmbeddedEmbedder) -> None:
    assert embedder._runs is not None
    embedder.embed_documents(["ab" * 64, "short"])
    assert "short" in embedder._runs
    assert "ab" * 64 not in embedder._runs


def test_the_memory_is_bounded(embedder: EmbeddedEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "RUNS_REMEMBERED", 3)
    assert embedder._runs is not None
    embedder.embed_documents([f"word{number}" for number in range(20)])
    assert len(embedder._runs) <= 3
