"""Hits within a number of tokens: places first, then the code of the best; what has no room is counted."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from search_api.limits import CHARACTERS_PER_TOKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from search_api.answer import Hit


def estimated_tokens(hit: Hit) -> int:
    """What a hit costs a model that reads its JSON; on the safe side, without any model's own tokeniser."""
    return -(-len(json.dumps(asdict(hit), ensure_ascii=False)) // CHARACTERS_PER_TOKEN)


def outline(hit: Hit) -> Hit:
    """A hit without its code: place, names, signature, and the one line that matters most."""
    best = hit.matches[:1]
    return replace(
        hit,
        summary="",
        snippet=best[0].text if best else "",
        snippet_start_line=best[0].line if best else hit.start_line,
        lines_left_out=hit.end_line - hit.start_line + 1 - len(best),
        matches=best,
        also_in=(),
    )


def within(hits: Sequence[Hit], max_tokens: int) -> tuple[Hit, ...]:
    """As many hits, from the first, as have room as outlines; the best in full while there is room.

    The very best is in full as long as that leaves half of the room to the others.
    """
    room = max_tokens
    kept: list[Hit] = []
    for hit in hits:
        in_full = not kept and estimated_tokens(hit) <= max_tokens // 2
        short = hit if in_full else outline(hit)
        cost = estimated_tokens(short)
        if cost > room:
            break
        room -= cost
        kept.append(short)
    for index, short in enumerate(kept):
        more = estimated_tokens(hits[index]) - estimated_tokens(short)
        if more > room:
            break
        room -= more
        kept[index] = hits[index]
    return tuple(kept)
