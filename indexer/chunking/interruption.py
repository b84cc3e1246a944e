"""Signals that wait until what must not be left half-way is done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_PUT_OFF = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def signals_put_off() -> Iterator[None]:
    """What handles SIGINT and SIGTERM is called at the end of the block, for a second signal at once.

    By handlers in their place and not by a mask: a signal to the process goes to any of its threads, and
    Python then calls the handler in the main one whatever that has masked. Elsewhere than in the main thread
    there is nothing to put off.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    handlers = {int(number): signal.getsignal(number) for number in _PUT_OFF}
    replaced = {number: handler for number, handler in handlers.items() if callable(handler)}

    def put_off(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if len(came) > 1:
            replaced[number](number, frame)

    try:
        for number in replaced:
            signal.signal(number, put_off)
        yield
    finally:
        for number, handler in replaced.items():
            signal.signal(number, handler)
        if len(came) == 1:
            signal.raise_signal(came[0])
