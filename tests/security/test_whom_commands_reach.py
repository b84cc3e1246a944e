"""The socket through which a server's own user asks without a key is nobody else's way in."""

from __future__ import annotations

import contextlib
import os
import socket
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from nightdex.warm import search_warm
from search_api.keys import Keys
from search_api.limits import MAX_COMMAND_BYTES
from search_api.options import ApiOptions
from search_api.socket_file import HEARD, SOCKET_NAME, socket_address
from tests import repositories as made
from tests.warm import answering, configure, publish_embedded

ASK = """
import socket
with socket.socket(socket.AF_UNIX) as connected:
    connected.settimeout(10)
    try:
        connected.connect(sys.argv[1])
        connected.sendall(b"{}\\n")
        print(connected.recv(1))
    except OSError as error:
        print(type(error).__name__)
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")


def asked(state_dir: Path, sent: bytes) -> bytes:
    """All that a server says to this."""
    with socket.socket(socket.AF_UNIX) as connected, socket_address(state_dir) as address:
        connected.settimeout(20)
        connected.connect(address)
        connected.sendall(sent)
        with connected.makefile("rb") as stream:
            return stream.read()


@pytest.fixture
def file(open_path: Path) -> Path:
    publish_embedded(open_path / "state")
    return configure(open_path)


def test_a_server_that_asks_everybody_for_a_key_answers_its_own_user_without(file: Path) -> None:
    keys = Keys(file.parent / "state" / "keys.sqlite")
    keys.create(repos=["bank"], lifetime=timedelta(days=1))
    with answering(file, ApiOptions(keys=keys, key_required=True)) as address:
        assert httpx.get(f"{address}/v1/search", params={"query": "token"}).status_code == 401
        assert search_warm(["token", "--config", str(file)]) == 0


def test_the_socket_is_its_owners_alone(file: Path) -> None:
    with answering(file):
        assert (file.parent / "state" / SOCKET_NAME).stat().st_mode & 0o777 == 0o600


@as_root
def test_another_user_is_not_let_in_by_the_rights_of_the_file(file: Path) -> None:
    (file.parent / "state").chmod(0o755)
    with answering(file):
        assert made.as_nobody(ASK, str(file.parent / "state" / SOCKET_NAME)) == "PermissionError\n"


@as_root
def test_another_user_is_not_answered_where_the_file_has_no_rights(file: Path) -> None:
    (file.parent / "state").chmod(0o755)
    with answering(file):
        path = file.parent / "state" / SOCKET_NAME
        path.chmod(0o666)
        assert made.as_nobody(ASK, str(path)) in {"b''\n", "BrokenPipeError\n", "ConnectionResetError\n"}
        assert asked(path.parent, b"{}\n") == HEARD  # the very same from its owner


@pytest.mark.parametrize("end", ["search_api.command_socket", "nightdex.warm"])
def test_neither_end_talks_to_somebody_else(file: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    with answering(file):
        assert search_warm(["token", "--config", str(file)]) == 0
        monkeypatch.setattr(f"{end}.is_same_user", lambda _: False)
        assert search_warm(["token", "--config", str(file)]) is None


def test_what_is_no_command_gets_no_answer_and_harms_nobody(file: Path) -> None:
    odd = [b"", b"{}", b"[]", b"GET / HTTP/1.1", b"\xff", b'{"installation": 1}', b"[" * 5000]
    with answering(file):
        for sent in odd:
            assert asked(file.parent / "state", sent + b"\n") == HEARD
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            assert asked(file.parent / "state", b"x" * (2 * MAX_COMMAND_BYTES)) == b""
        assert search_warm(["token", "--config", str(file)]) == 0


def test_a_folder_of_any_length_has_a_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 100) / ("b" * 100)
    folder.mkdir(parents=True)
    publish_embedded(folder / "state")
    with answering(configure(folder)):
        assert search_warm(["token", "--config", str(folder / "repos.toml")]) == 0
    assert not (folder / "state" / SOCKET_NAME).exists()
