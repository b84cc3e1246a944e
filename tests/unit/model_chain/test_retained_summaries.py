"""`SummaryCache.retain` forgets what may repeat a secret: in the table, and on the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from model_chain.summary_cache import CachedSummary, SummaryCache, SummaryKey

SECRET = "connects-with-q7Zp3Xv9Kd2Lm8Rt5Wc1"


def key(content: str, digest: str = "sha256:1", prompt: int = 1) -> SummaryKey:
    return SummaryKey(content, prompt, digest)


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[SummaryCache]:
    with SummaryCache(tmp_path / "summaries.sqlite") as cache:
        for content in ("kept", "kept too", "gone"):
            cache.put(key(content), CachedSummary(f"{SECRET} {content}"))
        cache.put(key("kept", "sha256:2", 2), CachedSummary("", "no description"))
        cache.put(key("gone", "sha256:2"), CachedSummary("", f"a reply with {SECRET}"))
        yield cache


def test_every_other_content_is_forgotten_under_every_model_and_prompt(cache: SummaryCache) -> None:
    assert cache.retain(["kept", "kept too", "never described", "kept"], "rules 2") == 2
    assert len(cache) == 3
    assert cache.get(key("kept")) == CachedSummary(f"{SECRET} kept")
    assert cache.get(key("kept", "sha256:2", 2)) == CachedSummary("", "no description")
    assert cache.get(key("gone")) is None
    assert cache.get(key("gone", "sha256:2")) is None


@pytest.mark.parametrize("overwriting", ["ON", "OFF"])
def test_what_is_forgotten_is_overwritten_on_the_disk(
    cache: SummaryCache, tmp_path: Path, overwriting: str
) -> None:
    # SQLite as Debian builds it overwrites what it deletes; as it comes, it does not.
    cache._database.execute(f"PRAGMA secure_delete = {overwriting}")
    assert SECRET.encode() in on_disk(tmp_path)
    cache.retain([], "rules 2")
    assert SECRET.encode() not in on_disk(tmp_path)
    assert len(cache) == 0


def test_the_rules_are_remembered_by_the_next_process(cache: SummaryCache, tmp_path: Path) -> None:
    assert cache.rules == ""
    cache.retain(["kept"], "rules 2")
    cache.retain(["kept"], "rules 3")
    cache.close()
    with SummaryCache(tmp_path / "summaries.sqlite") as again:
        assert again.rules == "rules 3"
        assert len(again) == 2


def test_one_that_breaks_off_forgets_nothing_and_is_done_again(cache: SummaryCache) -> None:
    def broken() -> Iterator[str]:
        yield "kept"
        raise OSError("the index cannot be read")

    with pytest.raises(OSError, match="cannot be read"):
        cache.retain(broken(), "rules 2")
    assert (len(cache), cache.rules) == (5, "")
    assert cache.retain(["kept"], "rules 2") == 3
    assert cache.rules == "rules 2"


def test_a_reader_in_the_way_leaves_it_to_be_done_again(
    cache: SummaryCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model_chain.summary_cache.CACHE_BUSY_SECONDS", 0.1)
    file = tmp_path / "summaries.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None)) as other, SummaryCache(file) as impatient:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            impatient.retain(["kept"], "rules 2")
        other.execute("ROLLBACK")
    assert (len(cache), cache.rules) == (5, "")
    assert cache.retain(["kept"], "rules 2") == 3
