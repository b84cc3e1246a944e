from __future__ import annotations

import pytest

from indexer.chunking.worker import chunk_text
from training.pairs import Pair
from training.remarks import mine_remarks, reads_as_prose
from training.sources import SourceChunk

PYTHON = '''"""Sessions of visitors, kept between two requests."""

import time


def refresh(client, token):
    """Renew the token before it expires. Called by every request that carries one."""
    deadline = time.time() + client.patience
    # Retry until the server has recovered from its restart.
    while time.time() < deadline:
        answer = client.post("/v1/token", token)
        if answer.ok:
            return answer.json()["token"]
    raise TimeoutError("the server gave no token within the deadline")
'''


def mined(kind: str) -> list[Pair]:
    chunks = [
        SourceChunk("sample", "python", "auth/session.py", held_out=False, chunk=chunk)
        for chunk in chunk_text("auth/session.py", "python", PYTHON)
    ]
    return [pair for seed in range(12) for pair in mine_remarks(chunks, str(seed)) if pair.kind == kind]


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        ("comment", "Retry until the server has recovered from its restart."),
        ("string", "the server gave no token within the deadline"),
        ("further", "Called by every request that carries one."),
    ],
)
def test_what_is_written_in_code_asks_for_the_code_without_it(kind: str, question: str) -> None:
    pairs = mined(kind)
    assert {pair.question for pair in pairs} == {question}
    assert all(question not in pair.document for pair in pairs)
    assert any("client.post" in pair.document for pair in pairs)


def test_what_a_file_is_about_asks_for_its_chunks() -> None:
    pairs = mined("about")
    assert {pair.question for pair in pairs} == {"Sessions of visitors, kept between two requests."}
    assert all("client.post" in pair.document for pair in pairs)


def test_pairs_of_one_chunk_know_each_other() -> None:
    assert {pair.chunk for pair in mined("comment")} == {pair.chunk for pair in mined("string")}


@pytest.mark.parametrize(
    "text", ["x = compute(y);", "too short", "https://example.org/a page of this", "TODO: do this later on"]
)
def test_code_and_scraps_are_no_prose(text: str) -> None:
    assert not reads_as_prose(text)
