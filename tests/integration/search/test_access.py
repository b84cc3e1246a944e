"""Who is let in, from where, and what every reply carries."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from search_api.capacity import Capacity
from search_api.keys import Keys
from search_api.options import ApiOptions
from search_api.search import Searcher
from tests.shop import api

pytestmark = pytest.mark.anyio


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys.sqlite")


@pytest.fixture(autouse=True)
def default_logging() -> Iterator[None]:
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def code(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


async def test_a_key_is_asked_for_and_each_bad_one_is_told_what_is_wrong(shop: Path, keys: Keys) -> None:
    _, good = keys.create(repos=None, lifetime=None)
    _, expired = keys.create(repos=None, lifetime=timedelta(seconds=-1))
    made, revoked = keys.create(repos=None, lifetime=None)
    keys.revoke(made.id)
    async with api(shop, ApiOptions(keys=keys, key_required=True)) as client:
        missing = await client.get("/v1/status")
        assert code(missing) == (401, "key_missing")
        assert missing.headers["www-authenticate"] == 'Bearer realm="nightdex"'
        for wrong in ("x", good[:-1], "", revoked):
            assert code(await client.get("/v1/status", headers=bearer(wrong))) == (401, "key_rejected")
        assert code(await client.get("/v1/status", headers=bearer(expired))) == (401, "key_expired")
        assert (await client.get("/v1/status", headers=bearer(good))).status_code == 200


async def test_a_bad_key_is_refused_also_where_none_is_needed(shop: Path, keys: Keys) -> None:
    async with api(shop, ApiOptions(keys=keys)) as client:
        assert (await client.get("/v1/status")).status_code == 200
        assert code(await client.get("/v1/status", headers=bearer("x"))) == (401, "key_rejected")
        strange = {"Authorization": "Digest username=x"}
        assert code(await client.get("/v1/status", headers=strange)) == (401, "key_rejected")


async def test_a_revocation_holds_from_the_next_request_on(shop: Path, keys: Keys) -> None:
    made, token = keys.create(repos=None, lifetime=None)
    async with api(shop, ApiOptions(keys=keys, key_required=True)) as client:
        assert (await client.get("/v1/status", headers=bearer(token))).status_code == 200
        keys.revoke(made.id)
        assert code(await client.get("/v1/status", headers=bearer(token))) == (401, "key_rejected")


async def test_a_browser_is_asked_for_the_key_and_may_send_it_as_a_password(shop: Path, keys: Keys) -> None:
    _, token = keys.create(repos=None, lifetime=None)
    async with api(shop, ApiOptions(keys=keys, key_required=True)) as client:
        asked = await client.get("/v1/status", headers={"Accept": "text/html"})
        assert any(one.startswith("Basic") for one in asked.headers.get_list("www-authenticate"))
        assert (await client.get("/v1/status", auth=("", token))).status_code == 200
        assert code(await client.get("/v1/status", auth=(token, ""))) == (401, "key_rejected")
        for broken in ("Basic", "Basic !", "Basic " + base64.b64encode(b"\xff\xfe").decode()):
            reply = await client.get("/v1/status", headers={"Authorization": broken})
            assert code(reply) == (401, "key_rejected")


async def test_probes_need_no_key_and_metrics_do(shop: Path, keys: Keys) -> None:
    async with api(shop, ApiOptions(keys=keys, key_required=True)) as client:
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 200
        assert code(await client.get("/metrics")) == (401, "key_missing")


async def test_keys_that_cannot_be_read_let_nobody_in(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.sqlite").write_bytes(b"x" * 4096)
    options = ApiOptions(keys=Keys(tmp_path / "broken.sqlite"), key_required=True)
    async with api(shop, options) as client:
        reply = await client.get("/v1/status", headers=bearer("ndx_000000000000_" + "x" * 43))
        assert code(reply) == (503, "keys_unreadable")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "[::2]", "a]b", "0.0.0.0"],
)
async def test_a_request_for_another_host_is_misdirected(client: httpx.AsyncClient, host: str) -> None:
    assert code(await client.get("/v1/search?query=x", headers={"Host": host})) == (421, "host_refused")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8321", "LOCALHOST", "[::1]:8321", "127.0.0.1:1"])
async def test_every_name_of_this_machine_is_answered(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/healthz", headers={"Host": host})).status_code == 200


async def test_more_names_can_be_allowed(shop: Path) -> None:
    async with api(shop, ApiOptions(hosts=frozenset({"code.example.org"}))) as client:
        for name in ("code.example.org", "CODE.example.org:8321"):
            assert (await client.get("/v1/status", headers={"Host": name})).status_code == 200
        proxied = {"Host": "127.0.0.1:8321", "Origin": "https://code.example.org"}
        assert (await client.get("/v1/status", headers=proxied)).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://localhost:3000",
        "file://",
        "http://127.0.0.1:9",
        "http://[",
        "",
    ],
)
async def test_a_page_of_another_site_is_refused_whatever_it_sends(
    client: httpx.AsyncClient, origin: str
) -> None:
    headers = {"Host": "127.0.0.1:8321", "Origin": origin}
    for reply in (
        await client.get("/v1/search?query=x", headers=headers),
        await client.post("/v1/search", json={"query": "x"}, headers=headers),
    ):
        assert code(reply) == (403, "origin_refused")


async def test_the_own_page_is_answered_and_no_reply_is_shared_with_others(client: httpx.AsyncClient) -> None:
    headers = {"Host": "localhost:8321", "Origin": "http://localhost:8321"}
    reply = await client.post("/v1/search", json={"query": "token"}, headers=headers)
    assert reply.status_code == 200
    assert not [name for name in reply.headers if name.startswith("access-control")]
    preflight = {**headers, "Access-Control-Request-Method": "POST"}
    assert (await client.options("/v1/search", headers=preflight)).status_code == 405


async def test_a_key_that_asks_too_often_is_told_when_to_come_back(shop: Path, keys: Keys) -> None:
    _, token = keys.create(repos=None, lifetime=None)
    _, other = keys.create(repos=None, lifetime=None)
    async with api(shop, ApiOptions(keys=keys, requests_per_minute=10)) as client:
        assert (await client.get("/v1/status", headers=bearer(token))).status_code == 200
        refused = await client.get("/v1/status", headers=bearer(token))
        assert code(refused) == (429, "too_many_requests")
        assert 1 <= int(refused.headers["retry-after"]) <= 6
        assert (await client.get("/v1/status", headers=bearer(other))).status_code == 200
        assert (await client.get("/v1/status")).status_code == 200


async def test_a_server_with_a_full_queue_says_so_and_still_answers_its_supervisor(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search_api.serving.Capacity", lambda: Capacity(places=1, queue=0))
    async with api(shop) as client:
        reply = await client.get("/v1/search?query=token")
        assert code(reply) == (503, "server_busy")
        assert reply.headers["retry-after"] == "1"
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/metrics")).status_code == 200


@pytest.mark.parametrize(
    ("method", "address"),
    [("GET", "/v1/search?query=token"), ("GET", "/nowhere"), ("DELETE", "/v1/status"), ("GET", "/v1/search")],
)
async def test_every_reply_is_safe_to_show(client: httpx.AsyncClient, method: str, address: str) -> None:
    reply = await client.request(method, address)
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert "unsafe" not in reply.headers["content-security-policy"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["x-request-id"]
    assert "total;dur=" in reply.headers["server-timing"]


async def test_a_fault_leaves_as_a_problem_with_the_headers_of_any_reply(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fault(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(Searcher, "search", fault)
    with capture_logs() as lines:
        reply = await client.get("/v1/search?query=canary-query")
    assert code(reply) == (500, "internal_error")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["x-request-id"] in reply.json()["detail"]
    assert {line["request_id"] for line in lines} == {reply.headers["x-request-id"]}
    assert "secret" not in str(lines)
    assert "canary" not in str(lines)


async def test_a_request_is_one_line_of_the_log_without_what_was_asked(client: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        reply = await client.get("/v1/search?query=canary-query&repo=canary-repo")
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request", "log_level": "info", "request_id": reply.headers["x-request-id"], "method": "GET",
        "route": "/v1/search", "status": 200, "caller": "local",
    }  # fmt: skip


async def test_the_stages_of_a_search_are_in_server_timing(client: httpx.AsyncClient) -> None:
    timing = (await client.get("/v1/search?query=expired+token")).headers["server-timing"]
    assert {entry.partition(";")[0] for entry in timing.split(", ")} == {
        "heads",
        "embed",
        "lists",
        "rank",
        "text",
        "total",
    }


async def test_a_large_reply_is_compressed_for_who_takes_it(client: httpx.AsyncClient) -> None:
    plain = await client.get("/v1/search?query=token", headers={"Accept-Encoding": "identity"})
    packed = await client.get("/v1/search?query=token", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json()["hits"] == plain.json()["hits"]
