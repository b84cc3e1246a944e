"""What is sent again when a worker of a cluster is lost."""

from __future__ import annotations

import pytest
from ray.exceptions import ActorDiedError

from indexer.cluster.ray_engine import _Batch, _taken_apart
from indexer.errors import SourceUnreadable
from indexer.intake.text import SourceText

LOST = ActorDiedError()


def source(name: str) -> SourceText:
    return SourceText("shop", name, "b" * 40, 3, "python", "x=1")


def test_a_batch_is_sent_again_and_then_file_by_file() -> None:
    batch = _Batch((source("a.py"), source("b.py")))
    (again,) = _taken_apart(batch, LOST)
    assert again.texts == batch.texts
    assert [one.texts for one in _taken_apart(again, LOST)] == [(source("a.py"),), (source("b.py"),)]


def test_a_file_that_ends_worker_after_worker_is_cut_without_its_parser_and_then_given_up() -> None:
    batch = _Batch((source("poison.py"),))
    sent = [batch]
    while not batch.as_lines:
        (batch,) = _taken_apart(batch, LOST)
        sent.append(batch)
    assert len(sent) == 4
    for _ in range(2):
        (batch,) = _taken_apart(batch, LOST)
        assert batch.as_lines
    with pytest.raises(SourceUnreadable, match=r"poison\.py ends every worker.*'exclude'"):
        _taken_apart(batch, LOST)
