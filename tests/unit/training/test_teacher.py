from __future__ import annotations

import numpy as np
import pytest

from training.teacher import Teacher

TEACHER = Teacher(
    {"refresh": 0, "session": 1, "s": 2}, np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
)


@pytest.mark.parametrize(
    ("token", "direction"),
    [
        ("refresh", [1, 0]),
        ("##session", [0, 1]),
        ("refreshsession", [0.5**0.5, 0.5**0.5]),
        ("##s", [0, 0]),  # an ending, not the word
        ("qqq", [0, 0]),
    ],
)
def test_a_token_points_where_its_words_do(token: str, direction: list[float]) -> None:
    assert TEACHER.directions([token])[0] == pytest.approx(direction)
