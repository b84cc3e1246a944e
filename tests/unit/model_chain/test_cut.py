from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model_chain.cut import cut_middle, cut_to_tokens, encodable, estimated_tokens


@given(st.text(max_size=400), st.integers(0, 300))
def test_a_cut_is_never_longer_than_asked_and_keeps_both_ends(text: str, characters: int) -> None:
    cut = cut_middle(text, characters)
    assert len(cut) <= max(characters, 0) or cut == text
    if len(text) > characters >= 10:
        head, _, tail = cut.partition("\n…\n") if "…" not in text else (cut[:2], "", cut[-2:])
        assert text.startswith(head)
        assert text.endswith(tail)


@given(st.text(max_size=400), st.integers(10, 300))
def test_a_text_that_fits_is_left_alone(text: str, tokens: int) -> None:
    assert (cut_to_tokens(text, tokens) == text) or estimated_tokens(text) > tokens


@given(st.text(max_size=400))
def test_what_is_encodable_can_be_sent(text: str) -> None:
    assert encodable(text + "\udce9").encode() == (text + "?").encode("utf-8", "replace")


def test_text_outside_ascii_counts_a_token_a_character() -> None:
    assert estimated_tokens("你好" * 300) > 600 > estimated_tokens("ab" * 300)
