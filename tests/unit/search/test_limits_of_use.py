"""How often a key may ask, and how many ask at once."""

from __future__ import annotations

import asyncio

import pytest

from search_api.capacity import Capacity
from search_api.errors import ServerBusy, TooManyRequests
from search_api.rate import RateLimit


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def allowed(limit: RateLimit, name: str, tries: int) -> int:
    count = 0
    for _ in range(tries):
        try:
            limit.count(name)
        except TooManyRequests:
            continue
        count += 1
    return count


def test_a_tenth_of_a_minutes_requests_may_come_at_once_and_the_rest_evenly() -> None:
    clock = Clock()
    limit = RateLimit(600, clock)
    assert allowed(limit, "a", 100) == 60
    clock.now += 1
    assert allowed(limit, "a", 100) == 10
    total = 0
    for _ in range(60):
        clock.now += 1
        total += allowed(limit, "a", 100)
    assert total == 600


def test_one_key_does_not_use_up_anothers_requests() -> None:
    limit = RateLimit(60, Clock())
    assert allowed(limit, "a", 100) == allowed(limit, "b", 100) == 6


def test_who_comes_back_when_told_to_is_let_in() -> None:
    clock = Clock()
    limit = RateLimit(1, clock)
    limit.count("a")
    with pytest.raises(TooManyRequests, match="again in 60 s") as refused:
        limit.count("a")
    assert refused.value.retry_after_s == 60
    clock.now += 60
    limit.count("a")


async def hold(capacity: Capacity, release: asyncio.Event) -> None:
    async with capacity.place():
        await release.wait()


@pytest.mark.anyio
async def test_a_full_queue_turns_away_at_once_and_a_late_turn_in_time() -> None:
    capacity = Capacity(places=2, queue=1, deadline_s=0.05)
    release = asyncio.Event()
    holders = [asyncio.create_task(hold(capacity, release)) for _ in range(2)]
    await asyncio.sleep(0)
    assert (capacity.running, capacity.waiting) == (2, 0)
    late = asyncio.create_task(hold(capacity, release))
    await asyncio.sleep(0)
    with pytest.raises(ServerBusy, match="1 requests are waiting"):
        await hold(capacity, release)
    with pytest.raises(ServerBusy, match="No turn came"):
        await late
    release.set()
    await asyncio.gather(*holders)
    assert (capacity.running, capacity.waiting) == (0, 0)


@pytest.mark.anyio
async def test_a_place_comes_back_when_its_holder_is_cancelled_or_fails() -> None:
    capacity = Capacity(places=1, queue=5, deadline_s=1)
    holder = asyncio.create_task(hold(capacity, asyncio.Event()))
    await asyncio.sleep(0)
    waiter = asyncio.create_task(hold(capacity, asyncio.Event()))
    await asyncio.sleep(0)
    waiter.cancel()
    holder.cancel()
    await asyncio.gather(holder, waiter, return_exceptions=True)
    with pytest.raises(ZeroDivisionError):
        async with capacity.place():
            raise ZeroDivisionError
    async with capacity.place():
        assert (capacity.running, capacity.waiting) == (1, 0)
