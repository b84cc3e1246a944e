from __future__ import annotations

import numpy as np
import pytest

from model_chain.errors import ModelError, ModelUnavailable
from model_chain.protocol import CodeUnit, Embedder, Summariser
from model_chain.testing import FakeEmbedder, FakeSummariser

UNIT = CodeUnit("go", "function", "Open", "func Open()", "", (), "file.go", "func Open() {}")


def test_the_fakes_keep_the_protocols() -> None:
    embedder: Embedder = FakeEmbedder(dimension=8)
    summariser: Summariser = FakeSummariser()
    assert embedder.fingerprint.dimension == 8
    assert summariser.summarise(UNIT).source == summariser.source


def test_the_same_text_gets_the_same_vector_from_two_fakes() -> None:
    first = FakeEmbedder().embed_query("read a file")
    np.testing.assert_array_equal(first, FakeEmbedder().embed_query("read a file"))
    assert np.linalg.norm(first) == pytest.approx(1)


def test_texts_that_share_words_are_nearer_than_others() -> None:
    fake = FakeEmbedder(dimension=64)
    question = fake.embed_query("refresh session")
    near, far = fake.embed_documents(["refreshSession(token)", "draw a circle"]).vectors
    assert question @ near > question @ far + 0.2


def test_a_text_that_shall_fail_fails_alone_with_a_zero_row() -> None:
    batch = FakeEmbedder(fail_on=["poison"]).embed_documents(["fine", "poison pill", "..."])
    assert set(batch.failures) == {1, 2}
    assert not batch.vectors[1].any()
    assert batch.vectors[0].any()


def test_a_fake_that_is_down_raises_unavailable() -> None:
    fake = FakeEmbedder()
    fake.down = True
    with pytest.raises(ModelUnavailable):
        fake.embed_documents(["fine"])


def test_a_summariser_can_be_told_to_fail() -> None:
    with pytest.raises(ModelError):
        FakeSummariser(fail_on=["Open"]).summarise(UNIT)
