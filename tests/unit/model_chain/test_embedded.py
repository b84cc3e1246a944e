from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from model2vec import StaticModel
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from model_chain.backends.embedded import EmbeddedEmbedder
from model_chain.backends.shipped import SHIPPED_MODEL
from model_chain.errors import ModelError, ModelMissing, NothingToEmbed
from model_chain.protocol import Embedder

TEXTS = [
    "def refreshSession(token):\n    return HTTPClient().post('/v1/token', token)",
    "how is a session refreshed",
    "fn parse_header(bytes: &[u8]) -> Result<Header, ParseError> {",
    "über naïve café 日本語",
    "x",
]
MAX_SHIPPED_BYTES = 20_000_000


@pytest.fixture(scope="module")
def shipped() -> EmbeddedEmbedder:
    return EmbeddedEmbedder()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED_MODEL, tmp_path / "copied"))


def test_the_shipped_files_stay_within_twenty_megabytes() -> None:
    assert (
        sum(file.stat().st_size for file in SHIPPED_MODEL.rglob("*") if file.is_file()) <= MAX_SHIPPED_BYTES
    )


def test_vectors_are_float32_of_unit_length_and_finite(shipped: Embedder) -> None:
    batch = shipped.embed_documents(TEXTS)
    assert batch.vectors.dtype == np.float32
    assert batch.vectors.shape == (len(TEXTS), shipped.fingerprint.dimension)
    assert not batch.failures
    np.testing.assert_allclose(np.linalg.norm(batch.vectors, axis=1), 1, atol=1e-5)


def test_model2vec_loads_the_same_files_and_gives_the_same_vectors(shipped: EmbeddedEmbedder) -> None:
    theirs = StaticModel.from_pretrained(SHIPPED_MODEL).encode(TEXTS)
    np.testing.assert_allclose(shipped.embed_documents(TEXTS).vectors, theirs, atol=1e-5)


def test_a_query_and_a_document_of_the_same_text_get_the_same_vector(shipped: EmbeddedEmbedder) -> None:
    documents = shipped.embed_documents(TEXTS).vectors
    for text, vector in zip(TEXTS, documents, strict=True):
        np.testing.assert_array_equal(shipped.embed_query(text), vector)


def test_words_and_the_identifier_made_of_them_are_the_same(shipped: EmbeddedEmbedder) -> None:
    assert shipped.embed_query("refresh session") @ shipped.embed_query("refreshSession") == pytest.approx(1)
    assert shipped.embed_query("http server") @ shipped.embed_query("HTTP_SERVER") == pytest.approx(1)


def test_a_question_is_nearest_to_the_code_that_answers_it(shipped: EmbeddedEmbedder) -> None:
    code = [
        "def save(self, path):\n    with open(path, 'w') as file:\n        file.write(self.text)",
        "def login(self, user, password):\n    if not verify(password, user.hash):\n        raise Denied",
        "def mean(values):\n    return sum(values) / len(values)",
    ]
    documents = shipped.embed_documents(code).vectors
    for row, question in enumerate(["write the text to a file", "check the password", "average of numbers"]):
        assert int(np.argmax(documents @ shipped.embed_query(question))) == row


def test_a_text_without_a_known_word_fails_alone(shipped: EmbeddedEmbedder) -> None:
    batch = shipped.embed_documents(["read a file", "", "🙂 !!", "write"])
    assert set(batch.failures) == {1, 2}
    assert not batch.vectors[[1, 2]].any()
    np.testing.assert_allclose(np.linalg.norm(batch.vectors[[0, 3]], axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("query", ["", "   ", "🙂", "{}();", "\ud800"])
def test_a_query_without_a_word_is_refused_with_a_sentence(shipped: EmbeddedEmbedder, query: str) -> None:
    with pytest.raises(NothingToEmbed, match="write it in words") as caught:
        shipped.embed_query(query)
    assert isinstance(caught.value, ModelError)


def test_lone_surrogates_do_not_hide_the_words_around_them(shipped: EmbeddedEmbedder) -> None:
    np.testing.assert_array_equal(shipped.embed_query("read \ud800 file"), shipped.embed_query("read ? file"))


def test_threads_get_the_same_vectors_as_one_caller(shipped: EmbeddedEmbedder) -> None:
    expected = shipped.embed_documents(TEXTS).vectors
    with ThreadPoolExecutor(8) as pool:
        for batch in pool.map(lambda _: shipped.embed_documents(TEXTS), range(40)):
            np.testing.assert_array_equal(batch.vectors, expected)


def test_the_fingerprint_changes_with_the_table_and_with_the_tokenizer(
    copied: Path, shipped: EmbeddedEmbedder
) -> None:
    assert EmbeddedEmbedder(copied).fingerprint == shipped.fingerprint
    tensors = load_file(copied / "model.safetensors")
    tensors["embeddings"][0, 0] ^= 1
    save_file(tensors, copied / "model.safetensors")
    changed = EmbeddedEmbedder(copied).fingerprint
    assert changed.digest != shipped.fingerprint.digest
    (copied / "tokenizer.json").write_text((copied / "tokenizer.json").read_text() + "\n")
    assert EmbeddedEmbedder(copied).fingerprint.digest != changed.digest


def test_another_model2vec_folder_is_read_as_model2vec_reads_it(tmp_path: Path) -> None:
    words = ["[UNK]", "read", "write", "file"]
    tokenizer = Tokenizer(WordLevel({word: index for index, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    vectors = np.random.default_rng(0).standard_normal((3, 5)).astype(np.float16)
    mapping = np.array([0, 1, 2, 2])
    save_file(
        {"embeddings": vectors, "mapping": mapping, "weights": np.array([1.0, 0.5, 2.0, 3.0])},
        tmp_path / "model.safetensors",
    )
    (tmp_path / "config.json").write_text(json.dumps({"normalize": True, "max_length": 3}))
    texts = ["read file", "write read unknown", "read read write file file"]
    ours = EmbeddedEmbedder(tmp_path)
    np.testing.assert_allclose(
        ours.embed_documents(texts).vectors, StaticModel.from_pretrained(tmp_path).encode(texts), atol=1e-2
    )
    assert ours.fingerprint.model == tmp_path.name
    assert ours.fingerprint.dimension == 5


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_missing_or_broken_file_is_named(copied: Path, name: str) -> None:
    (copied / name).write_bytes(b"\x00 this is no such file")
    with pytest.raises(ModelMissing, match="copied"):
        EmbeddedEmbedder(copied)
    (copied / name).unlink()
    with pytest.raises(ModelMissing, match=name):
        EmbeddedEmbedder(copied)


def test_a_table_that_does_not_fit_its_tokenizer_is_refused(copied: Path) -> None:
    save_file({"embeddings": np.ones((7, 4), dtype=np.float32)}, copied / "model.safetensors")
    with pytest.raises(ModelMissing, match="7 rows"):
        EmbeddedEmbedder(copied)


def test_loading_imports_no_hub_client_and_no_model2vec() -> None:
    code = (
        "import sys; from model_chain.backends.embedded import EmbeddedEmbedder as E; E().embed_query('a');"
        "print([m for m in ('model2vec', 'huggingface_hub', 'torch', 'joblib', 'httpx') if m in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert (answer.stdout.strip(), answer.stderr) == ("[]", "")
