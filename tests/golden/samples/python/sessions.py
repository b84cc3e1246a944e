#!/usr/bin/env python3
"""Sessions of signed-in users, kept in memory until they expire."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar, overload

T = TypeVar("T")
DEFAULT_LIFETIME = 3600


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> float: ...


def retry(times: int):
    """Try a call again when it fails."""

    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            for attempt in range(times):
                try:
                    return function(*args, **kwargs)
                except ConnectionError:
                    time.sleep(2**attempt)
            raise TimeoutError

        return wrapper

    return decorate


@dataclass(frozen=True)
class Session(Generic[T]):
    """One signed-in user."""

    token: str
    payload: T
    started: float = field(default_factory=time.time)

    @property
    def age(self) -> float:
        """Seconds since it began."""
        return time.time() - self.started

    # A session that was never used counts as fresh.
    @classmethod
    @retry(times=3)
    def load(
        cls,
        token: str,
        *,
        clock: Clock | None = None,
    ) -> Session[T]:
        raw = _store().fetch(token)
        return cls(**raw)

    class Expired(Exception):
        """Too old to be used."""

        def __init__(self, token: str) -> None:
            super().__init__(f"session {token} has expired")

    retries = 3

    async def refresh(self) -> None:
        await _store().touch(self.token)


@overload
def parse(value: str) -> int: ...
@overload
def parse(value: bytes) -> bytes: ...
def parse(value):
    return int(value) if isinstance(value, str) else value


if DEFAULT_LIFETIME > 60:

    def _store():
        return Store.shared()


class Cursor:
    def __init__(self, store):
        self.store = store
        self.position = 0


by_age = lambda session: session.age  # noqa: E731

if __name__ == "__main__":
    print(parse("41") + 1)
