from __future__ import annotations

import socket

import pytest

from search_api.errors import AddressUnavailable, BindRefused
from search_api.server import listen


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "", "127.0.0.1.example.org", "10.0.0.1"]
)
def test_an_address_that_others_may_reach_is_refused(host: str) -> None:
    with pytest.raises(BindRefused, match=r"use 127\.0\.0\.1") as refused:
        listen(host, 0)
    assert refused.value.exit_status == 12


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_a_loopback_address_is_listened_on(host: str) -> None:
    with listen(host, 0) as listening:
        socket.create_connection(listening.getsockname()).close()


def test_a_port_that_is_taken_is_said_to_be() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(AddressUnavailable, match="choose another port"):
        listen("127.0.0.1", taken.getsockname()[1])


def test_a_port_that_does_not_exist_is_refused() -> None:
    with pytest.raises(AddressUnavailable):
        listen("127.0.0.1", 70_000)
