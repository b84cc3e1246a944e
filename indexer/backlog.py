"""What waits for a description, and in which order: planned from the index anew each night."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from index_store.stored_rows import StoredRow
from indexer.descriptions import is_definition, is_trivial
from indexer.rows import unit_of
from model_chain.summary_cache import CachedSummariser


@dataclass(slots=True)
class BacklogPlan:
    """Which rows get a description tonight if there is time.

    Attributes:
        order: content hashes of undescribed code, the most useful first.
        places: the rows that have this content, by its hash.
        known: rows whose description is in the cache and not yet in the index, by content hash.
        trivial: chunks that keep their extract because there is nothing to add to it.
        rejected: chunks that keep it because the model had nothing usable to say about them.
        identical: chunks that are described with another one.
        gone: ids of chunks that searches showed and that the index has no more.
    """

    order: list[str] = field(default_factory=list)
    places: dict[str, list[int]] = field(default_factory=dict)
    known: dict[str, list[int]] = field(default_factory=dict)
    trivial: int = 0
    rejected: int = 0
    identical: int = 0
    gone: set[str] = field(default_factory=set)


def plan_backlog(
    rows: Iterable[StoredRow],
    cached: CachedSummariser,
    since: Mapping[str, float],
    tonight: float,
    shown: Mapping[str, int],
) -> BacklogPlan:
    """Order what waits: the newest first, then what is called most, then what searches showed most.

    `since` tells how long a content has been waiting; what it does not name is new tonight. `shown` tells how
    often searches showed a chunk, by its id. What is equal in all three stays in the order it is stored.
    """
    plan = BacklogPlan(gone=set(shown))
    calls: Counter[str] = Counter()
    names: dict[str, str] = {}
    searched: Counter[str] = Counter()
    for row in rows:
        plan.gone.discard(row.id)
        calls.update(row.calls)
        if row.summary_source == cached.source or not is_definition(row.kind):
            continue
        unit = unit_of(row)
        if is_trivial(unit):
            plan.trivial += 1
            continue
        key = cached.key(unit).content_hash
        searched[key] += shown.get(row.id, 0)
        if key in plan.places:
            plan.identical += 1
            plan.places[key].append(row.place)
        elif (summary := cached.cached(unit)) is None:
            plan.places[key] = [row.place]
            names[key] = row.name
        elif summary.rejected:
            plan.rejected += 1
        else:
            plan.known.setdefault(key, []).append(row.place)

    def priority(key: str) -> tuple[float, int, int, int]:
        called = calls[names[key]]
        # Calls count by powers of two. Two names that are called often are seldom called equally often, so
        # counted singly they would leave nothing to the searches; and whether it is forty times or fifty says
        # less about what a description is worth than that somebody was shown the code. No sum of both: a call
        # and a search have no common unit, and a weight between them would be invented.
        return -since.get(key, tonight), -called.bit_length(), -searched[key], -called

    plan.order = sorted(names, key=priority)
    return plan
