from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path

import pytest

from search_api.errors import AddressUnavailable, BindRefused
from search_api.keys import Keys
from search_api.options import ApiOptions
from search_api.server import guarded, listen

OPEN_HOSTS = ["0.0.0.0", "::", "192.0.2.1", "example.org", "", "127.0.0.1.example.org", "10.0.0.1"]


@pytest.mark.parametrize("host", OPEN_HOSTS)
@pytest.mark.parametrize("keys", ["none", "no file", "expired"])
def test_an_address_that_others_may_reach_is_refused_without_a_valid_key(
    host: str, keys: str, tmp_path: Path
) -> None:
    store = Keys(tmp_path / "keys.sqlite")
    if keys == "expired":
        store.create(repos=None, lifetime=timedelta(seconds=-1))
    with pytest.raises(BindRefused, match="nightdex key create") as refused:
        guarded(host, ApiOptions(keys=None if keys == "none" else store))
    assert refused.value.exit_status == 12


@pytest.mark.parametrize("host", OPEN_HOSTS)
def test_with_a_key_such_an_address_is_served_to_holders_of_keys_only(host: str, tmp_path: Path) -> None:
    store = Keys(tmp_path / "keys.sqlite")
    store.create(repos=None, lifetime=None)
    assert guarded(host, ApiOptions(keys=store)).key_required


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2", "::1"])
def test_a_loopback_address_needs_no_key_unless_asked_to(host: str) -> None:
    assert not guarded(host, ApiOptions()).key_required
    with pytest.raises(BindRefused, match="require_key"):
        guarded(host, ApiOptions(key_required=True))


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
