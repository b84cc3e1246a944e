"""Signals wait until what must not be left half-way is done."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from indexer.chunking.interruption import signals_put_off


@pytest.fixture
def came() -> Iterator[list[int]]:
    """What came to the handlers of both signals."""
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda number, _: came.append(number)) for number in numbers]
    yield came
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_for_the_end_of_the_block(came: list[int], number: int) -> None:
    with signals_put_off():
        signal.raise_signal(number)
        assert came == []
    assert came == [number]
    signal.raise_signal(number)
    assert came == [number, number]


def test_a_second_signal_waits_for_nothing(came: list[int]) -> None:
    with signals_put_off():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        assert came == [signal.SIGTERM]
    assert came == [signal.SIGTERM]


def test_what_breaks_the_block_is_told_after_the_signal(came: list[int]) -> None:
    def breaking() -> None:
        with signals_put_off():
            signal.raise_signal(signal.SIGINT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaking()
    assert came == [signal.SIGINT]


def test_an_ignored_signal_stays_ignored(came: list[int]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with signals_put_off():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert came == []


def test_no_other_thread_puts_anything_off(came: list[int]) -> None:
    def within() -> list[int]:
        with signals_put_off():
            signal.raise_signal(signal.SIGINT)
            return came

    with ThreadPoolExecutor(1) as aside:
        aside.submit(within).result()
    assert came == [signal.SIGINT]
