"""How often a key may ask."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from search_api.errors import TooManyRequests
from search_api.limits import BURST_SHARE

if TYPE_CHECKING:
    from collections.abc import Callable


class RateLimit:
    """So many requests a minute for each name, a share of them at once (the generic cell rate algorithm)."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._interval = 60 / per_minute
        # The last thousandth keeps rounding from taking a request away.
        self._tolerance = (max(0.0, per_minute * BURST_SHARE - 1) + 0.001) * self._interval
        self._clock = clock
        self._next: dict[str, float] = {}

    def count(self, name: str) -> None:
        """Count one request.

        Raises:
            TooManyRequests: it is one too many; it says when to come back.
        """
        now = self._clock()
        due = max(self._next.get(name, now), now)
        if due - now > self._tolerance:
            wait = math.ceil(due - now - self._tolerance)
            raise TooManyRequests(
                f"This key may ask {self._per_minute} times a minute; ask again in {wait} s.", wait
            )
        self._next[name] = due + self._interval
