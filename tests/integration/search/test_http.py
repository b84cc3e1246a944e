from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from search_api import errors, limits
from search_api.app import create_app
from search_api.errors import SearchError
from search_api.limits import MAX_BODY_BYTES
from search_api.query import Query
from search_api.search import Searcher
from tests.shop import ROWS, api, publish, routes_of

pytestmark = pytest.mark.anyio

DOCUMENT = (Path(__file__).parents[3] / "docs" / "API.md").read_text(encoding="utf-8")
JSON = {"Content-Type": "application/json"}


async def test_get_and_post_give_the_same_answer(client: httpx.AsyncClient) -> None:
    got = await client.get(
        "/v1/search", params={"query": "token", "repo": ["shop"], "kind": ["method", "function"], "limit": 2}
    )
    posted = await client.post(
        "/v1/search", json={"query": "token", "repo": ["shop"], "kind": ["method", "function"], "limit": 2}
    )
    assert got.status_code == posted.status_code == 200
    assert got.json()["hits"] == posted.json()["hits"]
    assert len(got.json()["hits"]) == 2


async def test_the_answer_has_designs_fields(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/v1/search", params={"query": "expired token"})).json()
    assert set(answer) >= {"query", "mode", "mode_reason", "took_ms", "degraded", "index", "hits", "deferred"}
    assert set(answer["index"]) == {"generation", "built_at", "embedder"}
    assert set(answer["hits"][0]) >= {
        "id", "repo", "path", "start_line", "end_line", "language", "kind", "symbol", "signature", "score",
        "why",
        "summary", "summary_source", "snippet", "commit", "stale",
    }  # fmt: skip
    assert set(answer["hits"][0]["why"]) >= {"code", "summary", "lexical", "signals"}


async def test_status_repos_and_health_describe_what_is_served(client: httpx.AsyncClient) -> None:
    status = (await client.get("/v1/status")).json()
    assert (status["generation"], status["chunks"], status["stale_repositories"]) == (1, len(ROWS), ["bank"])
    repositories = (await client.get("/v1/repos")).json()["repositories"]
    assert [(one["name"], one["stale"]) for one in repositories] == [("bank", True), ("shop", False)]
    assert (await client.get("/healthz")).json() == {"status": "alive"}
    assert (await client.get("/readyz")).json() == {"status": "ready", "generation": 1, "degraded": []}


BAD_REQUESTS: list[tuple[str, int, dict[str, Any]]] = [
    ("query_empty", 400, {"json": {"query": " " * 4096}}),
    ("query_empty", 400, {"json": {"query": ""}}),
    ("query_too_long", 400, {"json": {"query": "x" * 20_000}}),
    ("query_not_text", 400, {"json": {"query": "a\0b"}}),
    ("pattern_invalid", 400, {"json": {"query": "(a", "mode": "exact", "regex": True}}),
    ("mode_unknown", 400, {"json": {"query": "x", "mode": "fuzzy"}}),
    ("filter_invalid", 400, {"json": {"query": "x", "repo": [""]}}),
    ("filter_invalid", 400, {"json": {"query": "x", "kind": ["a"] * 5 + [str(n) for n in range(101)]}}),
    ("limit_out_of_range", 400, {"json": {"query": "x", "limit": 1000}}),
    ("limit_out_of_range", 400, {"json": {"query": "x", "offset": 10**30}}),
    ("limit_out_of_range", 400, {"json": {"query": "x", "max_tokens": 1}}),
    ("limit_out_of_range", 400, {"json": {"query": "x", "max_tokens": 10**9}}),
    ("regex_needs_exact", 400, {"json": {"query": "x", "regex": True}}),
    ("body_not_json", 400, {"content": b'{"query": ', "headers": JSON}),
    ("body_not_json", 400, {"content": b'{"query": "x", "limit": NaN}', "headers": JSON}),
    ("body_not_json", 400, {"content": b'{"query": "x", "limit": -Infinity}', "headers": JSON}),
    ("body_not_json", 400, {"content": b"[" * 60_000, "headers": JSON}),
    ("body_not_json", 400, {"content": b"[" * 50 + b"]" * 50, "headers": JSON}),
    ("body_not_json", 400, {"content": b'{"limit": ' + b"9" * 5000 + b"}", "headers": JSON}),
    ("body_not_json", 400, {"content": b'{"query": "\xff"}', "headers": JSON}),
    ("body_too_large", 413, {"content": b" " * (MAX_BODY_BYTES + 1), "headers": JSON}),
    (
        "media_type_unsupported",
        415,
        {"content": b'{"query": "x"}', "headers": {"Content-Type": "text/plain"}},
    ),
    ("media_type_unsupported", 415, {"data": {"query": "x"}}),
    ("request_invalid", 422, {"json": {"query": "x", "repos": ["shop"]}}),
    ("request_invalid", 422, {"json": {"query": ["x"]}}),
    ("request_invalid", 422, {"json": {"query": None}}),
    ("request_invalid", 422, {"json": {}}),
    ("request_invalid", 422, {"json": []}),
    ("request_invalid", 422, {}),
    ("request_invalid", 422, {"json": {"query": "x", "limit": "ten"}}),
    ("request_invalid", 422, {"content": b'{"query": "x", "limit": 1e400}', "headers": JSON}),
    ("request_invalid", 422, {"json": {"query": "x", "repo": "shop"}}),
    ("request_invalid", 422, {"json": {"query": "x", "regex": "perhaps"}}),
    ("query_not_text", 400, {"content": b'{"query": "\\ud83d"}', "headers": JSON}),
    ("request_invalid", 422, {"content": b'{"query": "x", "\\ud83d": 1}', "headers": JSON}),
]


@pytest.mark.parametrize(("code", "status", "request_parts"), BAD_REQUESTS)
async def test_a_bad_request_gets_a_problem_with_its_code(
    client: httpx.AsyncClient, code: str, status: int, request_parts: dict[str, Any]
) -> None:
    reply = await client.post("/v1/search", **request_parts)
    assert_problem(reply, status, code)


@pytest.mark.parametrize(
    ("address", "code", "status"),
    [
        ("/v1/search", "request_invalid", 422),
        ("/v1/search?query=x&color=red", "request_invalid", 422),
        ("/v1/search?query=", "query_empty", 400),
        ("/v1/search?query=%00", "query_not_text", 400),
        ("/v1/search?query=x&limit=0", "limit_out_of_range", 400),
        ("/v1/search?query=x&limit=NaN", "request_invalid", 422),
        ("/nowhere", "route_not_found", 404),
        ("/v1/search/%00", "route_not_found", 404),
    ],
)
async def test_a_bad_address_gets_a_problem_with_its_code(
    client: httpx.AsyncClient, address: str, code: str, status: int
) -> None:
    assert_problem(await client.get(address), status, code)


async def test_a_wrong_method_is_told_the_right_ones(client: httpx.AsyncClient) -> None:
    assert (await client.delete("/v1/search")).headers["allow"] == "GET, POST"
    reply = await client.delete("/v1/status")
    assert_problem(reply, 405, "method_not_allowed")
    assert reply.headers["allow"] == "GET"


async def test_a_body_sent_in_pieces_is_bounded_too(client: httpx.AsyncClient) -> None:
    async def pieces() -> Any:
        for _ in range(200):
            yield b" " * 1024

    assert_problem(await client.post("/v1/search", content=pieces(), headers=JSON), 413, "body_too_large")


async def test_before_the_first_night_the_api_is_alive_but_not_ready(tmp_path: Path) -> None:
    async with api(tmp_path) as client:
        assert (await client.get("/healthz")).status_code == 200
        for route in ("/readyz", "/v1/search?query=x", "/v1/status", "/v1/repos"):
            reply = await client.get(route)
            assert_problem(reply, 503, "index_not_ready")
            assert "nightdex run" in reply.json()["detail"]
            assert reply.headers["retry-after"]


async def test_files_lost_under_the_server_cost_the_answers_that_need_them(tmp_path: Path) -> None:
    publish(tmp_path, ROWS)
    async with api(tmp_path) as client:
        before = (await client.get("/v1/search?query=xyz+token")).json()
        lose_files(tmp_path)
        # Words and texts are mapped, and stay for as long as somebody holds them.
        assert (await client.get("/v1/search?query=xyz+token")).json()["hits"] == before["hits"]
        assert_problem(await client.get("/v1/search?query=token&mode=exact"), 503, "index_not_ready")
    async with api(tmp_path) as restarted:
        assert_problem(await restarted.get("/v1/search?query=xyz+token"), 503, "index_not_ready")
        assert_problem(await restarted.get("/readyz"), 503, "index_not_ready")


async def test_a_fault_of_ours_tells_the_caller_nothing_but_the_code(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fault(_: Searcher, query: Query, *__: object) -> None:
        raise ZeroDivisionError(f"secret detail of {query.text}")

    monkeypatch.setattr(Searcher, "search", fault)
    reply = await client.get("/v1/search?query=x")
    assert_problem(reply, 500, "internal_error")
    assert "secret" not in reply.text


async def test_a_search_that_hangs_is_given_up(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search_api.search.SEARCH_DEADLINE_S", 0.0)
    assert_problem(await client.get("/v1/search?query=x"), 503, "search_timed_out")


def lose_files(state_dir: Path) -> None:
    for data in state_dir.glob("generations/1/**/*.lance"):
        if data.is_file():
            data.unlink()


def assert_problem(reply: httpx.Response, status: int, code: str) -> None:
    assert (reply.status_code, reply.json()["code"]) == (status, code), reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    if code == "request_invalid":
        assert problem["errors"]


def served_codes(error: type[SearchError] = SearchError) -> set[str]:
    subclasses = error.__subclasses__()
    if not subclasses:
        return {error.code}
    return {code for subclass in subclasses for code in served_codes(subclass)}


def test_every_code_is_documented_and_every_documented_code_exists() -> None:
    documented = set(re.findall(r"^\| \d{3} \| `(\w+)` \|", DOCUMENT, re.MULTILINE))
    command_line = served_codes(errors.CommandError)
    assert documented == served_codes() - command_line
    assert all(f"`{code}`" in DOCUMENT for code in command_line)


def test_the_documented_status_is_the_served_one() -> None:
    served = {(str(error.http_status), error.code) for error in leaves(SearchError)}
    assert set(re.findall(r"^\| (\d{3}) \| `(\w+)` \|", DOCUMENT, re.MULTILINE)) <= served


def leaves(error: type[SearchError]) -> list[type[SearchError]]:
    subclasses = error.__subclasses__()
    return [error] if not subclasses else [leaf for subclass in subclasses for leaf in leaves(subclass)]


def test_every_route_is_documented_and_every_documented_route_exists(tmp_path: Path) -> None:
    app = create_app(tmp_path, lambda _: pytest.fail("no query is made"))
    documented = {
        f"{method} {path}"
        for methods, path in re.findall(r"`([A-Z|]+) (/[^` ]*)`", DOCUMENT)
        for method in methods.split("|")
    }
    assert documented == {f"{method} {path}" for method, path in routes_of(app)}


def test_every_field_of_a_search_is_documented(tmp_path: Path) -> None:
    openapi = create_app(tmp_path, lambda _: pytest.fail("no query is made")).openapi()
    for request in ("SearchRequest", "SimilarRequest"):
        for field in openapi["components"]["schemas"][request]["properties"]:
            assert f"| `{field}` |" in DOCUMENT


def test_the_documented_limits_are_the_enforced_ones() -> None:
    for figure in (
        f"at most {limits.MAX_QUERY_BYTES // 1024} KiB",
        f"more than {limits.MAX_BODY_BYTES // 1024} KiB",
        f"1 to {limits.MAX_LIMIT}",
        f"{limits.MIN_TOKENS} to {limits.MAX_TOKENS:,}",
        f"first {limits.MAX_COPIES} copies",
        f"at most {limits.MAX_WINDOW}",
        f"first {limits.PAGE_WINDOW} hits",
        f"within {limits.EMBEDDER_DEADLINE_S * 1000:.0f} ms",
        f"after {limits.EXACT_DEADLINE_S:g} s, {limits.MAX_SCANNED_CHUNKS:,} chunks",
        f"{limits.MAX_EXACT_CHUNKS:,} matching",
        f"longer than {limits.SEARCH_DEADLINE_S:g} s",
        f"({limits.REQUESTS_PER_MINUTE})",
        f"{limits.MAX_RUNNING} searches run at once, {limits.MAX_WAITING} wait",
        f"none longer than {limits.QUEUE_DEADLINE_S:g} s",
        f"at most {limits.MAX_NIGHTS})",
        f"at most {limits.MAX_FILE_LINES:,} lines",
        f"`max_tokens` ({limits.AGENT_TOKENS:,})",
        f"within {limits.HEAD_DEADLINE_S * 1000:.0f} ms",
        f"believed for {limits.HEAD_CHECK_S:g} s",
    ):
        assert figure in DOCUMENT, figure


def test_the_openapi_document_types_answers_and_problems(tmp_path: Path) -> None:
    openapi = create_app(tmp_path, lambda _: pytest.fail("no query is made")).openapi()
    responses = openapi["paths"]["/v1/search"]["post"]["responses"]
    assert responses["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/Answer")
    for status in ("400", "413", "415", "422", "500", "503"):
        content = responses[status]["content"]
        assert content["application/problem+json"]["schema"]["$ref"].endswith("/Problem")
        assert list(content) == ["application/problem+json"]
    assert json.dumps(openapi)


async def test_the_openapi_document_is_served(client: httpx.AsyncClient) -> None:
    assert (await client.get("/openapi.json")).json()["openapi"].startswith("3.")
