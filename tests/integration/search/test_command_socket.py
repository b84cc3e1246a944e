"""A server keeps the socket for commands there as long as it serves, and no longer."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from structlog.testing import capture_logs

from search_api import command_socket
from search_api.command_socket import answering_commands
from search_api.socket_file import HEARD, SOCKET_NAME, socket_address

if TYPE_CHECKING:
    from search_api.search import Searcher

pytestmark = pytest.mark.anyio

NOBODY = cast("Searcher", None)  # the answers below need none


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_socket, "SOCKET_POLL_S", 0.01)


async def echo(_: Searcher, sent: bytes) -> bytes:
    return sent.strip()


async def other(_: Searcher, sent: bytes) -> bytes:
    return b"the other server: " + sent.strip()


async def asked(state_dir: Path, sent: bytes = b"hello") -> bytes:
    """What a command gets once somebody listens."""
    async with asyncio.timeout(20):
        while True:
            try:
                with socket_address(state_dir) as address:
                    reader, writer = await asyncio.open_unix_connection(address)
            except OSError:
                await asyncio.sleep(0.01)
                continue
            writer.write(sent + b"\n")
            answer = await reader.read()
            writer.close()
            return answer


async def test_a_folder_that_appears_later_gets_its_socket(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with capture_logs() as logs:
        async with answering_commands(state, NOBODY, echo):
            assert not state.exists()
            state.mkdir()
            assert await asked(state) == HEARD + b"hello"
    assert list(state.iterdir()) == []
    assert [line["event"] for line in logs] == ["command"]


async def test_a_socket_that_is_taken_away_is_made_again(tmp_path: Path) -> None:
    async with answering_commands(tmp_path, NOBODY, echo):
        (tmp_path / SOCKET_NAME).unlink()
        assert await asked(tmp_path) == HEARD + b"hello"


async def test_another_server_of_the_same_folder_takes_over(tmp_path: Path) -> None:
    first = answering_commands(tmp_path, NOBODY, echo)
    await first.__aenter__()
    async with answering_commands(tmp_path, NOBODY, other):
        assert await asked(tmp_path) == HEARD + b"hello"
        await first.__aexit__(None, None, None)
        assert await asked(tmp_path) == HEARD + b"the other server: hello"
    assert not (tmp_path / SOCKET_NAME).exists()


async def test_what_was_asked_before_the_end_is_answered(tmp_path: Path) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow(_: Searcher, sent: bytes) -> bytes:
        begun.set()
        await may_end.wait()
        return sent.strip()

    async with answering_commands(tmp_path, NOBODY, slow):
        asking = asyncio.create_task(asked(tmp_path))
        await begun.wait()
        asyncio.get_running_loop().call_soon(may_end.set)
    assert await asking == HEARD + b"hello"


async def test_a_command_that_says_nothing_keeps_no_server_from_stopping(tmp_path: Path) -> None:
    async with asyncio.timeout(5), answering_commands(tmp_path, NOBODY, echo):
        with socket_address(tmp_path) as address:
            _, writer = await asyncio.open_unix_connection(address)
    writer.close()


async def test_an_answer_that_breaks_leaves_the_command_to_itself(tmp_path: Path) -> None:
    async def broken(_: Searcher, sent: bytes) -> bytes:
        raise ZeroDivisionError(sent)

    with capture_logs() as logs:
        async with answering_commands(tmp_path, NOBODY, broken):
            assert await asked(tmp_path) == HEARD
    assert logs == [{"event": "command_fault", "kind": "ZeroDivisionError", "log_level": "error"}]


async def test_where_no_socket_can_be_the_rest_is_served_and_the_log_says_so_once(tmp_path: Path) -> None:
    state = tmp_path / "no folder"
    state.write_text("")
    with capture_logs() as logs:
        async with answering_commands(state, NOBODY, echo):
            await asyncio.sleep(0.1)
    assert [line["event"] for line in logs] == ["no_command_socket"]
