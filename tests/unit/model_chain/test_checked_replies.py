from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_chain.errors import BadReply
from model_chain.protocol import CodeUnit
from model_chain.validate import checked_vectors, description_fault

UNIT = CodeUnit(
    language="go",
    kind="function",
    symbol="Store.loadUser",
    signature="func (s *Store) loadUser(id int) (*User, error)",
    doc="",
    calls=("s.db.QueryRow",),
    path="store.go",
    text="func (s *Store) loadUser(id int) (*User, error) { return scan_user(s.db.QueryRow(q, id)) }",
)


@given(
    st.lists(
        st.lists(st.floats(-1e3, 1e3).filter(lambda x: abs(x) > 1e-3), min_size=4, max_size=4), max_size=9
    )
)
def test_sound_vectors_come_out_with_length_one(rows: list[list[float]]) -> None:
    vectors = checked_vectors(rows, len(rows), 4)
    assert vectors.shape == (len(rows), 4)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(rows)), abs=1e-5)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([[1.0, 0.0]], "1 vectors for 2 texts"),
        ([[1.0, 0.0]] * 3, "3 vectors for 2 texts"),
        ([[1.0, 0.0], [1.0]], "dimension 1, not 2"),
        ([[1.0, 0.0], [1.0, 0.0, 0.0]], "dimension 3, not 2"),
        ([[1.0, 0.0], [float("nan"), 1.0]], "not finite"),
        ([[1.0, 0.0], [float("inf"), 1.0]], "not finite"),
        ([[1.0, 0.0], [1e300, 1e300]], "not finite"),
        ([[1.0, 0.0], [0.0, 0.0]], "length zero"),
    ],
)
def test_a_broken_vector_is_refused_with_its_cause(rows: list[list[float]], reason: str) -> None:
    with pytest.raises(BadReply, match=reason):
        checked_vectors(rows, 2, 2)


@pytest.mark.parametrize(
    "text",
    [
        "Loads one user by id from the database of the Store and scans the row.",
        "`loadUser` runs QueryRow() with the id, e.g. 7, and passes the row to scan_user.",
        "Store.loadUser reads a User (id, error) through s.db.QueryRow and returns it.",
        "Looks a user up for a JavaScript or GraphQL client, and/or fails with an error.",
    ],
)
def test_a_description_in_the_words_of_the_code_passes(text: str) -> None:
    assert description_fault(text, UNIT, "Say what it does.") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Loads one user and stores it in a RedisCache for later calls.", "RedisCache"),
        ("Loads one user by means of load_from_disk and gives it back.", "load_from_disk"),
        ("Loads one user and then calls `expire` on the session it had.", "expire"),
        ("Loads one user with http.get and gives the parsed body back.", "http.get"),
        ("Loads one user.", "3 words"),
        ("word " * 81, "81 words"),
        ("Loads one user like this: ~~~ loadUser(1) ~~~ and that is all.", "code fence"),
    ],
)
def test_a_description_that_invents_or_rambles_is_refused_with_its_cause(text: str, reason: str) -> None:
    fault = description_fault(text, UNIT, "Say what it does.")
    assert fault is not None
    assert reason in fault
