from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from model_chain.backends.ollama import OllamaSummariser
from model_chain.errors import DescriptionRejected, ModelUnavailable
from model_chain.protocol import CodeUnit
from model_chain.summary_cache import CachedSummariser, CachedSummary, SummaryCache, SummaryKey, content_hash
from tests.servers import scripted_ollama as scripted
from tests.servers.scripted_ollama import GOOD_REPLY, ScriptedOllama

ROOT = Path(__file__).parents[3]
UNIT = CodeUnit("python", "function", "f", "def f()", "", (), "a/b.py", "def f():\n    return 1\n")
KEY = SummaryKey("c" * 40, 1, "d" * 64)

# Describes units 0, 1, 2, … through the cache; a line on stdout for each that is finished.
NIGHT = """
import sys
from pathlib import Path
from model_chain.backends.ollama import OllamaSummariser
from model_chain.protocol import CodeUnit
from model_chain.summary_cache import CachedSummariser, SummaryCache
url, path, first, last = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
with SummaryCache(path) as cache, OllamaSummariser("qwen2.5:14b", [url]) as model:
    night = CachedSummariser(model, cache)
    for number in range(first, last):
        text = f"def f_{number}(): return {number}"
        night.summarise(CodeUnit("python", "function", f"f_{number}", "", "", (), "a.py", text))
        print(number, flush=True)
"""


def night(server: ScriptedOllama, path: Path, first: int, last: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", NIGHT, server.url, str(path), str(first), str(last)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_what_was_put_is_there_after_reopening(tmp_path: Path) -> None:
    with SummaryCache(tmp_path / "state" / "summaries.db") as cache:
        assert cache.get(KEY) is None
        cache.put(KEY, CachedSummary("Says one."))
    with SummaryCache(tmp_path / "state" / "summaries.db") as cache:
        assert cache.get(KEY) == CachedSummary("Says one.")
        assert len(cache) == 1


@pytest.mark.parametrize(
    "other", [{"content_hash": "e" * 40}, {"prompt_version": 2}, {"model_digest": "e" * 64}]
)
def test_each_part_of_the_key_counts(tmp_path: Path, other: dict[str, object]) -> None:
    with SummaryCache(tmp_path / "summaries.db") as cache:
        cache.put(KEY, CachedSummary("Says one."))
        assert cache.get(replace(KEY, **other)) is None  # type: ignore[arg-type] # one field of each type


def test_the_hash_depends_on_the_code_and_not_on_its_place() -> None:
    assert content_hash(UNIT) == content_hash(replace(UNIT, path="elsewhere/c.py", calls=("x",)))
    others = [
        {"text": "def f(): pass"},
        {"symbol": "g"},
        {"kind": "method"},
        {"language": "go"},
        {"doc": "x"},
    ]
    hashes = {content_hash(replace(UNIT, **other)) for other in others}  # type: ignore[arg-type] # all strings
    assert len(hashes | {content_hash(UNIT)}) == 6


def test_the_same_code_is_described_once(
    server: ScriptedOllama, summariser: OllamaSummariser, tmp_path: Path
) -> None:
    with SummaryCache(tmp_path / "summaries.db") as cache:
        cached = CachedSummariser(summariser, cache)
        assert cached.cached(UNIT) is None
        one, two = (cached.summarise(replace(UNIT, path=path)) for path in ("a.py", "b.py"))
    assert one == two
    assert one.text == GOOD_REPLY
    assert one.source == summariser.source
    assert server.count("/api/chat") == 1


def test_a_rejected_reply_is_not_asked_for_again(
    server: ScriptedOllama, summariser: OllamaSummariser, tmp_path: Path
) -> None:
    server.model.replies.extend(["No.", "No."])
    with SummaryCache(tmp_path / "summaries.db") as cache:
        for _ in range(3):
            with pytest.raises(DescriptionRejected, match="words"):
                CachedSummariser(summariser, cache).summarise(UNIT)
    assert server.count("/api/chat") == 2


def test_an_outage_is_not_remembered(
    server: ScriptedOllama, summariser: OllamaSummariser, tmp_path: Path
) -> None:
    server.fail_always("/api/chat", scripted.OUT_OF_MEMORY)
    with SummaryCache(tmp_path / "summaries.db") as cache:
        cached = CachedSummariser(summariser, cache)
        with pytest.raises(ModelUnavailable):
            cached.summarise(UNIT)
        server.fail_always("/api/chat", None)
        assert cached.summarise(UNIT).text == GOOD_REPLY


@pytest.mark.slow
def test_after_twenty_kills_no_finished_description_is_asked_for_again(
    server: ScriptedOllama, tmp_path: Path
) -> None:
    server.model.seconds_per_reply = 0.005
    chance = random.Random(20261124)
    finished, path = 0, tmp_path / "summaries.db"
    for _ in range(20):
        with night(server, path, 0, 100_000) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if int(line) >= finished:
                    break
            time.sleep(chance.uniform(0.0, 0.1))
            process.send_signal(signal.SIGKILL)
            told = process.stdout.read().split("\n")[:-1]
        finished = max([finished, int(line) + 1, *(int(one) + 1 for one in told)])
    # Of its own server, because the last call of the killed may still be on its way.
    with ScriptedOllama() as unasked:
        with night(unasked, path, 0, finished) as last:
            last.communicate()
        assert last.returncode == 0
        assert finished >= 20
        assert unasked.count("/api/chat") == 0
    # A kill between the reply and the commit costs that one call.
    asked = Counter(str(call.body["messages"]) for call in server.calls if call.route == "/api/chat")
    assert sum(times - 1 for times in asked.values()) <= 20


def test_two_processes_share_one_cache(server: ScriptedOllama, tmp_path: Path) -> None:
    path = tmp_path / "summaries.db"
    nights = [night(server, path, 0, 60), night(server, path, 40, 100)]
    outputs = [process.communicate()[0] for process in nights]
    assert [process.returncode for process in nights] == [0, 0]
    assert [len(output.split()) for output in outputs] == [60, 60]
    with SummaryCache(path) as cache:
        assert len(cache) == 100


def test_a_damaged_file_is_moved_aside_and_the_cache_starts_anew(tmp_path: Path) -> None:
    path = tmp_path / "summaries.db"
    path.write_bytes(b"this is no database" * 100)
    with SummaryCache(path) as cache:
        cache.put(KEY, CachedSummary("Says one."))
        assert len(cache) == 1
    assert (tmp_path / "summaries.db.damaged").read_bytes().startswith(b"this is no database")
