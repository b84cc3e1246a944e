from __future__ import annotations

import pytest

from search_api.ranking.symbols import is_one_slip


@pytest.mark.parametrize(
    "typed",
    ["refesh", "reefresh", "refrexh", "refersh", "refreshh", "refres", "refrehs", "erfresh"],
)
def test_one_letter_more_less_other_or_swapped_is_one_slip(typed: str) -> None:
    assert is_one_slip(typed, "refresh")
    assert is_one_slip("refresh", typed)


@pytest.mark.parametrize("other", ["refresh", "refreshed", "rfrsh", "frereshh", "reserve", "", "hserfer"])
def test_the_same_word_and_two_slips_are_not_one(other: str) -> None:
    assert not is_one_slip(other, "refresh")
    assert not is_one_slip("refresh", other)
