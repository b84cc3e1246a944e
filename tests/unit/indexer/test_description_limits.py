from __future__ import annotations

import time

from indexer.night_options import DescriptionLimits


def test_nothing_is_asked_that_the_model_would_begin_with_after_the_deadline() -> None:
    limits = DescriptionLimits(deadline=time.time() + 60)
    assert limits.reached(asked=7, turn=30) == ""
    assert limits.reached(asked=7, turn=61).startswith("the deadline, ")


def test_a_number_of_questions_is_a_limit_of_its_own() -> None:
    limits = DescriptionLimits(max_per_night=7)
    assert limits.reached(asked=6, turn=1e9) == ""
    assert limits.reached(asked=7) == "max_per_night = 7"
