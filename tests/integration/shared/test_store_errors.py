"""What an object store refuses is said in one sentence that tells what to do."""

from __future__ import annotations

import socket

import pytest

from index_store.errors import (
    ClockSkewed,
    ConditionsIgnored,
    ObjectChanged,
    StoreDenied,
    StoreFailed,
    StoreMissing,
    StoreUnreachable,
)
from index_store.lease import Lease
from index_store.objects import Objects
from index_store.place import Place, parse_place
from tests.servers.recorded_s3 import BROKEN, SKEWED, WRITTEN, recorded_s3
from tests.servers.weed import Weed


def test_a_missing_bucket_is_named(place: Place) -> None:
    objects = Objects(Place("nowhere", place.prefix))
    for attempt in (lambda: objects.create("CURRENT", b"1"), lambda: objects.read("CURRENT")):
        with pytest.raises(StoreMissing, match=r"no bucket 'nowhere'.*make it, or correct state_dir"):
            attempt()


def test_a_wrong_secret_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(StoreDenied, match=r"SignatureDoesNotMatch.*AWS_SECRET_ACCESS_KEY"):
        Objects(place).read("CURRENT")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    with pytest.raises(StoreDenied, match="InvalidAccessKeyId"):
        Objects(place).read("CURRENT")


def test_who_may_only_read_is_told_when_it_writes(
    weed: Weed, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    Objects(place).put("CURRENT", b"1\n")
    for name, value in weed.environment("reader").items():
        monkeypatch.setenv(name, value)
    reader = Objects(place)
    held = reader.read("CURRENT")
    assert held is not None
    assert held.content == b"1\n"
    with pytest.raises(StoreDenied, match=r"AccessDenied.*may read, write, list and delete"):
        reader.put("CURRENT", b"2\n")


def test_a_server_that_is_down_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    with pytest.raises(StoreUnreachable, match=rf"127.0.0.1:{port} does not answer.*AWS_ENDPOINT_URL"):
        Objects(place, patience=0.1).read("CURRENT")


def test_a_clock_that_is_wrong_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded_s3(*SKEWED) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        with pytest.raises(ClockSkewed, match="set the clock"):
            Objects(place).read("CURRENT")


def test_a_store_without_conditional_writes_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded_s3(*WRITTEN) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        with pytest.raises(ConditionsIgnored, match="If-None-Match"), Lease(Objects(place), "driver"):
            pass


def test_what_else_a_store_says_is_passed_on(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded_s3(*BROKEN) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        with pytest.raises(StoreFailed, match="501 Not Implemented"):
            Objects(place, patience=0.1).read("CURRENT")


def test_a_conditional_write_knows_what_it_saw(place: Place) -> None:
    objects = Objects(place)
    mark = objects.create("CURRENT", b"1\n")
    with pytest.raises(ObjectChanged):
        objects.create("CURRENT", b"2\n")
    assert not objects.changed("CURRENT", mark)
    newer = objects.replace("CURRENT", b"2\n", mark)
    assert objects.changed("CURRENT", mark)
    with pytest.raises(ObjectChanged):
        objects.replace("CURRENT", b"3\n", mark)
    assert objects.replace("CURRENT", b"3\n", newer)


@pytest.mark.parametrize(
    "url", ["s3://", "s3://UPPER", "s3://bucket/../x", "s3://bucket/x//y", "s3://bucket/a b"]
)
def test_what_names_no_place_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="s3://BUCKET/PREFIX"):
        parse_place(url)


def test_a_place_reads_back_as_it_was_written() -> None:
    assert str(parse_place("s3://code-search/team/a/")) == "s3://code-search/team/a"
    assert str(parse_place("s3://code-search")) == "s3://code-search"
