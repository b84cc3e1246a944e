"""A real server under load while nights are published under it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from index_store.schema import ChunkRow
from index_store.testing import make_row
from tests.server_process import server
from tests.shop import publish

GENERATIONS = 20
CLIENTS = 16
SEARCHES = 1_000
MODES = ("hybrid", "raw", "summary", "exact", "symbol")


def rows_of(generation: int) -> list[ChunkRow]:
    """Rows that all say which generation they belong to."""
    return [
        make_row(
            path=f"src/file{number}.py",
            symbol=f"handler{number}",
            text=f"def handler{number}():\n    return marker, 'generation={generation};'",
            summary=f"A marker of generation={generation};",
        )
        for number in range(30)
    ]


def settled_files(address: str, pid: int) -> int:
    """Open files of a server once every mode has been used and the clients have gone.

    The store opens the files of an index when it is first asked, and keeps them while the generation is open.
    """
    with httpx.Client(timeout=30) as client:
        for number in range(len(MODES)):
            search(client.get, f"{address}/v1/search", number)
    time.sleep(0.2)
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def eventually(condition: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_twenty_nights_under_a_thousand_searches_lose_and_mix_nothing(tmp_path: Path) -> None:
    publish(tmp_path, rows_of(1))
    with server(tmp_path) as (address, process):
        baseline = settled_files(address, process.pid)
        published = threading.Event()

        def publish_all() -> None:
            for generation in range(2, GENERATIONS + 2):
                publish(tmp_path, rows_of(generation))
                time.sleep(0.3)
            published.set()

        publisher = threading.Thread(target=publish_all)
        publisher.start()
        seen: set[int] = set()
        asked = 0

        def ask_until_published(client_number: int) -> tuple[int, set[int]]:
            generations: set[int] = set()
            count = 0
            with httpx.Client(timeout=30) as client:
                while not published.is_set() or count < SEARCHES // CLIENTS + 1:
                    generations.add(search(client.get, f"{address}/v1/search", client_number + count))
                    count += 1
            return count, generations

        with ThreadPoolExecutor(CLIENTS) as clients:
            for count, generations in clients.map(ask_until_published, range(CLIENTS)):
                asked += count
                seen |= generations
        publisher.join()

        print(f"{asked} searches, {len(seen)} generations seen")  # noqa: T201 - the figure a release quotes
        assert asked >= SEARCHES
        assert len(seen) > GENERATIONS // 2
        last = GENERATIONS + 1
        assert eventually(lambda: search(httpx.get, f"{address}/v1/search", 0) == last, 5)
        assert eventually(lambda: settled_files(address, process.pid) <= baseline, 10), (
            baseline,
            sorted(str(fd.readlink()) for fd in Path(f"/proc/{process.pid}/fd").iterdir()),
        )


def search(get: Callable[..., httpx.Response], address: str, number: int) -> int:
    """One search; checks that all of its answer is of one generation, and says which."""
    mode = MODES[number % len(MODES)]
    text = "handler" if mode == "symbol" else "marker"
    reply = get(address, params={"query": text, "mode": mode, "limit": 10})
    assert reply.status_code == 200, reply.text
    answer = reply.json()
    assert len(answer["hits"]) == 10
    texts = [hit["snippet"] for hit in answer["hits"]] + [hit["summary"] for hit in answer["hits"]]
    named = {int(found) for text in texts for found in re.findall(r"generation=(\d+);", text)}
    assert named == {answer["index"]["generation"]}
    assert answer["degraded"] == []
    return int(answer["index"]["generation"])


def test_a_server_that_is_stopped_finishes_its_requests(tmp_path: Path) -> None:
    publish(tmp_path, rows_of(1))
    with server(tmp_path) as (address, process), httpx.Client(timeout=30) as client:
        search(client.get, f"{address}/v1/search", 0)
        with ThreadPoolExecutor(8) as clients:
            running = [clients.submit(search, httpx.get, f"{address}/v1/search", n) for n in range(8)]
            eventually(lambda: any(one.done() for one in running), 5)
            process.terminate()
            errors = [one.exception() for one in running]
        assert process.wait(timeout=20) in {0, -15}
    assert None in errors
    assert all(error is None or was_untaken(error) for error in errors), errors


def was_untaken(error: BaseException) -> bool:
    """Whether a request got nothing at all, as one may that was not read yet; half an answer is no answer."""
    unanswered = isinstance(error, httpx.RemoteProtocolError) and "without sending a response" in str(error)
    return unanswered or isinstance(error, httpx.ConnectError | httpx.ReadError)
