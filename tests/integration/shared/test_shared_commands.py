"""`nightdex` on machines that share an index: one runs the nights, two serve."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest

from index_store.objects import Objects
from index_store.place import Place
from nightdex.cli import _run
from nightdex.warm import search_warm
from tests.repositories import commit

NOTICED_SECONDS = 60.0


@pytest.fixture
def world(tmp_path: Path, place: Place) -> Path:
    """One repository, and a repos.toml for each machine: they differ in what is local."""
    commit(tmp_path / "shop", {"pay.py": "def pay_invoice():\n    return settle_account()\n"})
    for name in ("driver", "east", "west"):
        (tmp_path / f"{name}.toml").write_text(
            f'[index]\nstate_dir = "{place}"\nlocal_dir = "{name}"\n[embedding]\nprovider = "embedded"\n'
            f'[summaries]\nprovider = "extractive"\n[[repo]]\npath = "shop"\n'
        )
    return tmp_path


class Answers(Protocol):
    def __call__(self, machine: str, *arguments: str) -> dict[str, Any]: ...


class Commands(Protocol):
    def __call__(self, machine: str, *arguments: str) -> tuple[int, str, str]: ...


@pytest.fixture
def nightdex(world: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Commands:
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def run(machine: str, *arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = _run([*arguments, "--config", str(world / f"{machine}.toml")])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def answer(nightdex: Commands) -> Answers:
    def run(machine: str, *arguments: str) -> dict[str, Any]:
        status, out, err = nightdex(machine, *arguments, "--json")
        assert status == 0, err
        told: dict[str, Any] = json.loads(out)
        return told

    return run


@contextmanager
def serving(world: Path, machine: str) -> Iterator[httpx.Client]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    config = world / f"{machine}.toml"
    config.write_text(config.read_text() + f"[api]\nport = {port}\n")
    command = [sys.executable, "-m", "nightdex", "serve", "--config", str(config)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            yield client
    finally:
        server.terminate()
        server.communicate(timeout=30)


def wait_for_generation(client: httpx.Client, wanted: int) -> None:
    until = time.monotonic() + NOTICED_SECONDS
    serves: object = None
    while time.monotonic() < until:
        with contextlib.suppress(httpx.TransportError):
            reply = client.get("/v1/status")
            serves = reply.json()
            if reply.status_code == httpx.codes.OK and reply.json()["generation"] == wanted:
                return
        time.sleep(0.2)
    raise AssertionError(f"generation {wanted} was not noticed: {serves}")


def test_several_servers_notice_what_a_night_elsewhere_published(world: Path, answer: Answers) -> None:
    assert answer("driver", "run")["published"]
    with serving(world, "east") as east, serving(world, "west") as west:
        for server in (east, west):
            wait_for_generation(server, 1)
        commit(world / "shop", {"refund.py": "def refund_customer():\n    return credit_note()\n"})
        assert answer("driver", "run")["generation"] == 2
        for server in (east, west):
            wait_for_generation(server, 2)
            hits = server.get("/v1/search", params={"query": "refund customer"}).json()["hits"]
            assert hits[0]["symbol"] == "refund_customer"
            assert server.get("/v1/nights").json()["nights"]
        for machine in ("east", "west"):
            # From the copy of its own machine, through the socket beside it.
            assert search_warm(["refund customer", "--config", str(world / f"{machine}.toml")]) == 0


def test_the_commands_of_every_machine_read_what_is_shared(
    place: Place, nightdex: Commands, answer: Answers
) -> None:
    status, _, told = nightdex("east", "status")
    assert status == 10
    assert str(place) in told
    answer("driver", "run")
    assert answer("east", "status")["generation"] == 1
    assert answer("east", "check") == {"generation": 1, "whole": True, "problems": []}
    hits = answer("west", "search", "settle an account")["hits"]
    assert hits[0]["symbol"] == "pay_invoice"
    # Nothing changed, and another machine runs the night: it has nothing to do.
    assert answer("east", "run")["published"] is False


def test_going_back_and_damage_are_for_all(
    world: Path, place: Place, nightdex: Commands, answer: Answers
) -> None:
    answer("driver", "run")
    commit(world / "shop", {"refund.py": "def refund_customer():\n    return credit_note()\n"})
    answer("driver", "run")
    assert answer("east", "rollback") == {"generation": 1}
    assert answer("west", "status")["generation"] == 1
    objects = Objects(place)
    for one in objects.list("files"):
        objects.put(one.key, b"damaged")
    status, told, _ = nightdex("west", "check")
    assert status == 1
    assert "SHA-256 differs" in told


def test_a_copy_answers_while_the_store_is_down(
    nightdex: Commands, answer: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer("driver", "run")
    answer("east", "status")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    status, found, warned = nightdex("east", "search", "settle an account")
    assert status == 0
    assert "pay_invoice" in found
    assert "the copy on this machine answers" in warned
    status, _, told = nightdex("west", "search", "settle an account")
    assert status == 1
    assert "127.0.0.1:9 does not answer" in told
