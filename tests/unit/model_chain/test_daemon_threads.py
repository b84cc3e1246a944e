from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError
from functools import partial
from pathlib import Path

import pytest

from model_chain.daemon_threads import DaemonThreads

ROOT = Path(__file__).parents[3]


def test_answers_and_failures_reach_whoever_waits_for_them() -> None:
    threads = DaemonThreads(3, "test")
    answers = [threads.submit(partial(pow, number, 2)) for number in range(20)]
    failed = threads.submit(partial(int, "no number"))
    assert [answer.result(5) for answer in answers] == [number**2 for number in range(20)]
    with pytest.raises(ValueError, match="no number"):
        failed.result(5)
    threads.close()


def test_no_more_calls_run_at_once_than_there_are_threads() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def call() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1

    threads = DaemonThreads(3, "test")
    for answer in [threads.submit(call) for _ in range(12)]:
        answer.result(5)
    threads.close()
    assert most == 3


def test_what_had_not_begun_when_it_was_closed_is_cancelled_and_its_threads_end() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def wait() -> bool:
        begun.set()
        return go_on.wait(5)

    threads = DaemonThreads(1, "closing")
    first, second = threads.submit(wait), threads.submit(lambda: True)
    begun.wait(5)
    threads.close()
    with pytest.raises(CancelledError):
        second.result(5)
    go_on.set()
    assert first.result(5)
    for thread in threading.enumerate():
        if thread.name.startswith("closing"):
            thread.join(5)
            assert not thread.is_alive()


def test_a_process_ends_although_a_call_hangs() -> None:
    hanging = (
        "import time\nfrom model_chain.daemon_threads import DaemonThreads\n"
        "DaemonThreads(1, 'hang').submit(lambda: time.sleep(60))\n"
    )
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", hanging], cwd=ROOT, check=True, timeout=50)
    assert time.monotonic() - began < 30
