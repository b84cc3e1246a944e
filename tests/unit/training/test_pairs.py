from __future__ import annotations

import pytest

from indexer.chunking.worker import chunk_text
from training.pairs import Pair, mine_pairs, question_of, without_doc
from training.sources import SourceChunk

PYTHON = '''
class Session:
    def refresh(self, token):
        """Renew the token before it expires.

        Called by every request.
        """
        answer = self.client.post("/v1/token", token)
        return answer.json()["token"]
'''
GO = """
// Open reads the named file into a new buffer.
func Open(name string) (*Buffer, error) {
\treturn load(name, defaultLimit, defaultMode)
}
"""


def mined(path: str, language: str, text: str, seed: str = "0") -> list[Pair]:
    chunks = [
        SourceChunk("sample", language, path, held_out=False, chunk=chunk)
        for chunk in chunk_text(path, language, text)
    ]
    return list(mine_pairs(chunks, seed))


@pytest.mark.parametrize(
    ("path", "language", "text", "question", "kept"),
    [
        ("auth/session.py", "python", PYTHON, "Renew the token before it expires.", "self.client.post"),
        ("io/buffer.go", "go", GO, "Open reads the named file into a new buffer.", "return load(name"),
    ],
)
def test_a_doc_sentence_asks_for_its_code_without_that_doc(
    path: str, language: str, text: str, question: str, kept: str
) -> None:
    (pair,) = [pair for pair in mined(path, language, text) if pair.kind == "doc"]
    assert pair.question == question
    assert kept in pair.document
    assert question not in pair.document


def test_a_name_asks_for_code_that_does_not_hold_it() -> None:
    pairs = [pair for seed in "abcdefgh" for pair in mined("auth/session.py", "python", PYTHON, seed)]
    named = [pair for pair in pairs if pair.kind == "name" and pair.question == "session refresh"]
    assert named
    assert all("refresh" not in pair.document for pair in named)


def test_a_path_asks_for_code_that_does_not_hold_it() -> None:
    pairs = [pair for seed in "abcdefgh" for pair in mined("auth/login_form.go", "go", GO, seed)]
    of_file = [pair for pair in pairs if pair.kind == "file"]
    assert {pair.question for pair in of_file} == {"auth login form"}
    assert all("login" not in pair.document for pair in of_file)


def test_the_same_seed_mines_the_same_pairs() -> None:
    assert mined("auth/session.py", "python", PYTHON) == mined("auth/session.py", "python", PYTHON)


@pytest.mark.parametrize(
    "doc", ["Copyright 2019 Somebody.", "TODO: fix this later on.", "See x", "{@inheritDoc}"]
)
def test_boilerplate_asks_nothing(doc: str) -> None:
    assert question_of(doc) == ""


def test_markup_is_taken_out_of_a_question() -> None:
    assert (
        question_of("Returns the {@link Type} of <b>this</b> ``value``.")
        == "Returns the Type of this value ."
    )


def test_code_that_is_no_doc_stays() -> None:
    text = "/**\n * Adds two numbers.\n */\nint add(int a, int b) {\n  return a + b;\n}"
    assert without_doc(text, "Adds two numbers.") == "int add(int a, int b) {\n  return a + b;\n}"
