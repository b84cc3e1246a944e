from __future__ import annotations

from index_store.matches import NO_MATCHES, Match, Matches


def test_matches_are_a_sequence_of_rows_and_scores() -> None:
    matches = Matches.of((7, 0.5), (3, 0.25), (9, 0.0))
    assert list(matches) == [(7, 0.5), (3, 0.25), (9, 0.0)]
    assert matches[1] == Match(row=3, score=0.25)
    assert list(matches[1:]) == [(3, 0.25), (9, 0.0)]
    assert [type(value) for match in matches for value in match] == [int, float] * 3
    assert not NO_MATCHES
    assert not matches[3:]
