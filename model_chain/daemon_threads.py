"""Threads that no exit waits for: a model that takes minutes must not hold up a process that was told to end.

The threads of concurrent.futures are joined when the interpreter exits, hanging or not.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class DaemonThreads:
    """Runs calls on at most `count` threads, each started when it is first needed. Use from one thread."""

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._started = 0
        self._todo: SimpleQueue[tuple[Future[Any], Callable[[], None]] | None] = SimpleQueue()

    def submit(self, call: Callable[[], Answer]) -> Future[Answer]:
        """Run a call as soon as a thread is free."""
        future: Future[Answer] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                answer = call()
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the future
                future.set_exception(error)
            else:
                future.set_result(answer)

        self._todo.put((future, run))
        if self._started < self._count:
            name = f"{self._name}-{self._started}"
            threading.Thread(target=self._work, name=name, daemon=True).start()
            self._started += 1
        return future

    def close(self) -> None:
        """Begin nothing more, and cancel what has not begun; what runs goes on, and nobody waits for it."""
        with contextlib.suppress(Empty):
            while (task := self._todo.get_nowait()) is not None:
                task[0].cancel()
        for _ in range(self._started):
            self._todo.put(None)

    def _work(self) -> None:
        while (task := self._todo.get()) is not None:
            task[1]()
