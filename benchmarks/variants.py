"""The rankings that an ablation compares: everything, and everything without one list or one signal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from search_api.query import Mode
from search_api.ranking.weights import DEFAULT_WEIGHTS, RankingWeights

# What switches each signal off.
SIGNALS_OFF: dict[str, dict[str, float]] = {
    "code before descriptions": {"described": 1.0},
    "definition": {"definition": 0.0, "mentioned_definition": 0.0},
    "minor definitions": {"minor_definition": 1.0},
    "path stem": {"path_stem": 0.0, "whole_stem": 0.0},
    "whole stem": {"whole_stem": 0.0},
    "near names": {"near_name": 0.0},
    "named repository": {"named_repository": 0.0},
    "file match": {"file_match": 0.0},
    "saturation": {"saturation": 1.0},
    "statements": {"statement": 1.0},
    "tests that are asked for": {"test_asked": 1.0},
    "unknown languages": {"unknown_language": 1.0},
    "penalties": {
        "test": 1.0,
        "test_asked": 1.0,
        "example": 1.0,
        "legacy": 1.0,
        "generated": 1.0,
        "benchmark": 1.0,
        "locale": 1.0,
        "declaration": 1.0,
        "unknown_language": 1.0,
    },
}


@dataclass(frozen=True, slots=True)
class Variant:
    """A named way to rank."""

    name: str
    mode: Mode = Mode.HYBRID
    weights: RankingWeights = DEFAULT_WEIGHTS


SHIPPED = Variant("hybrid")


def ablation() -> Iterator[Variant]:
    """The other modes, each list alone and left out, each signal off, and no signal at all."""
    lists = DEFAULT_WEIGHTS.lists
    bare = _without(*SIGNALS_OFF)
    dense = lists - {"lexical", "description"}
    yield Variant("mode raw", Mode.RAW)
    yield Variant("mode summary", Mode.SUMMARY)
    yield Variant("BM25 + signals", Mode.RAW, replace(DEFAULT_WEIGHTS, lists=lists - dense))
    yield Variant("BM25 alone", Mode.RAW, replace(bare, lists=lists - dense))
    yield Variant("dense + signals", weights=replace(DEFAULT_WEIGHTS, lists=dense))
    yield Variant("dense alone", weights=replace(bare, lists=dense))
    yield Variant("code vectors alone", Mode.RAW, replace(bare, lists=dense))
    yield Variant("no signals", weights=bare)
    for name in sorted(lists):
        yield Variant(f"without list {name}", weights=replace(DEFAULT_WEIGHTS, lists=lists - {name}))
    for name in SIGNALS_OFF:
        yield Variant(f"without {name}", weights=_without(name))


def _without(*signals: str) -> RankingWeights:
    off: dict[str, Any] = {field: value for name in signals for field, value in SIGNALS_OFF[name].items()}
    return replace(DEFAULT_WEIGHTS, **off)
