from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from model_chain.document import (
    MAX_DOC_CHARACTERS,
    NAME_REPEATS,
    code_document,
    first_sentence,
    first_sentences,
    summary_document,
)
from model_chain.protocol import CodeUnit, Description
from model_chain.words import path_words, split_identifier

UNIT = CodeUnit(
    language="python",
    kind="method",
    symbol="HTTPSession.refreshToken",
    signature="def refreshToken(self) -> Token",
    doc="Renew the token. Called by every request.\n\nArgs:\n    none",
    calls=("post",),
    path="services/auth/http_session.py",
    text='def refreshToken(self) -> Token:\n    """Renew the token."""\n    return self.post()',
)


def test_names_come_first_and_split_into_words_then_the_code_as_it_stands() -> None:
    lines = code_document(UNIT).split("\n")
    assert lines[:NAME_REPEATS] == ["auth http session http session refresh token"] * NAME_REPEATS
    assert lines[NAME_REPEATS] == UNIT.signature
    assert lines[NAME_REPEATS + 1] == "Renew the token. Called by every request."
    assert "\n".join(lines[NAME_REPEATS + 2 :]) == UNIT.text


def test_a_file_that_moves_between_top_folders_keeps_its_document() -> None:
    assert code_document(replace(UNIT, path="old/legacy/auth/http_session.py")) == code_document(UNIT)


def test_a_file_that_moves_to_another_folder_gets_another_document() -> None:
    assert code_document(replace(UNIT, path="services/billing/http_session.py")) != code_document(UNIT)


def test_the_summary_document_holds_the_names_and_the_description_but_not_the_code() -> None:
    text = summary_document(UNIT, Description("Renews a session's token.", "fake@1"))
    assert text.startswith("auth http session http session refresh token\n")
    assert text.endswith("\nRenews a session's token.")
    assert "self.post" not in text


def test_empty_parts_leave_no_empty_lines() -> None:
    bare = CodeUnit("c", "module", "", "", "", (), "main.c", "int x;")
    assert code_document(bare) == "main\n" * NAME_REPEATS + "int x;"


def test_parameters_and_examples_are_not_the_first_sentences() -> None:
    assert first_sentences("Opens a file.\n@param path where it lies\n@return it") == "Opens a file."
    assert first_sentence("Opens a file, e.g. a log. Closes it later.") == "Opens a file, e.g. a log."


def test_splitting_knows_camel_case_acronyms_and_underscores() -> None:
    assert split_identifier("HTTPServer.parseJSONValue_v2") == "http server parse json value v2"


def test_path_words_leave_out_the_extension_but_not_the_name_of_a_dotfile() -> None:
    assert path_words("a/b/userProfile.test.ts") == "b user profile test"
    assert path_words(".bashrc") == "bashrc"


@given(st.text(max_size=2000))
def test_first_sentences_are_one_bounded_line(doc: str) -> None:
    said = first_sentences(doc)
    assert len(said) <= MAX_DOC_CHARACTERS
    assert len(said.splitlines()) <= 1


@given(st.text(max_size=60))
def test_split_words_are_lowercase_and_splitting_twice_changes_nothing(identifier: str) -> None:
    words = split_identifier(identifier)
    assert words == " ".join(words.split())
    assert split_identifier(words) == words
