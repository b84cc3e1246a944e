"""What systemd is told, over the real protocol: a datagram socket that the test holds in its place."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nightdex import sd_notify
from tests.shop import ROWS, publish

BEAT = 0.3
PATIENCE = 60.0

# The event loop is stuck after its third sign of life.
# Handlers of signals run where the event loop does.
STUCK = """
import signal, sys, time
from nightdex.cli import main
signal.signal(signal.SIGUSR1, lambda *_: time.sleep(300))
main(sys.argv[1:])
"""


@contextmanager
def supervisor(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0" + address[1:] if address.startswith("@") else address)
        listening.settimeout(PATIENCE)
        yield listening


@pytest.fixture
def file(tmp_path: Path) -> Path:
    publish(tmp_path / "state", ROWS)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = tmp_path / "repos.toml"
    config.write_text(f'[index]\nstate_dir = "state"\n[api]\nport = {port}\n[[repo]]\npath = "."\n')
    return config


@contextmanager
def supervised(address: str, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "NOTIFY_SOCKET": address, "WATCHDOG_USEC": str(int(2 * BEAT * 1e6))}
    environment.pop("WATCHDOG_PID", None)
    with subprocess.Popen([sys.executable, *command], env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_server_says_when_it_is_ready_and_then_that_it_lives(tmp_path: Path, file: Path) -> None:
    address = str(tmp_path / "notify")
    with (
        supervisor(address) as listening,
        supervised(address, "-m", "nightdex", "serve", "--config", str(file)) as process,
    ):
        assert listening.recv(4096) == b"READY=1\nWATCHDOG=1"
        port = file.read_text().split("port = ")[1].split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE) as reply:
            assert reply.status == 200
        listening.settimeout(2 * BEAT + 10)
        for _ in range(3):
            assert b"WATCHDOG=1" in listening.recv(4096)
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def test_a_server_whose_event_loop_is_stuck_falls_silent(tmp_path: Path, file: Path) -> None:
    address = str(tmp_path / "notify")
    with (
        supervisor(address) as listening,
        supervised(address, "-c", STUCK, "serve", "--config", str(file)) as process,
    ):
        for _ in range(3):
            assert b"WATCHDOG=1" in listening.recv(4096)
        process.send_signal(signal.SIGUSR1)
        listening.settimeout(6 * BEAT)
        heard: list[bytes] = []
        with contextlib.suppress(TimeoutError):
            while len(heard) < 5:
                heard.append(listening.recv(4096))
        assert len(heard) <= 1  # it may have been on its way
        assert process.poll() is None


def test_the_schedule_says_when_it_is_ready(file: Path) -> None:
    address = f"@nightdex-{os.getpid()}"
    with (
        supervisor(address) as listening,
        supervised(address, "-m", "nightdex", "schedule", "--config", str(file)) as process,
    ):
        assert listening.recv(4096) == b"READY=1"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) in {0, 130}


@pytest.mark.parametrize("address", ["", "relative", "vsock:2:1234", "/nobody/listens"])
def test_where_nobody_listens_nothing_is_sent_and_nothing_fails(address: str) -> None:
    assert sd_notify.notify("READY=1", environ={"NOTIFY_SOCKET": address}) is False


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, sd_notify.DEFAULT_BEAT_S),
        ({"WATCHDOG_USEC": "60000000"}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}, sd_notify.DEFAULT_BEAT_S),
        ({"WATCHDOG_USEC": "0"}, sd_notify.DEFAULT_BEAT_S),
        ({"WATCHDOG_USEC": "soon"}, sd_notify.DEFAULT_BEAT_S),
    ],
)
def test_a_sign_of_life_comes_twice_in_the_time_that_is_allowed(
    environ: dict[str, str], seconds: float
) -> None:
    assert sd_notify.beat_interval(environ) == seconds
