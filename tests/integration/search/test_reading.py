"""Files, symbols, nights and context for editors, over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from index_store.testing import make_row
from indexer.night_report import NightReport, Outcome, RepositoryReport
from search_api.keys import Keys
from search_api.limits import MAX_FILE_LINES
from search_api.options import ApiOptions
from tests.nights import World
from tests.shop import REFRESH, ROWS, api, publish

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scoped(shop: Path, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose key sees shop alone."""
    keys = Keys(tmp_path / "keys.sqlite")
    _, token = keys.create(repos=["shop"], lifetime=None)
    async with api(shop, ApiOptions(keys=keys)) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def problem(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


SESSION = {"repo": "shop", "path": "src/auth/session.py"}


async def test_a_file_is_put_back_together_line_by_line(client: httpx.AsyncClient) -> None:
    file = (await client.get("/v1/file", params=SESSION)).json()
    lines = file["text"].split("\n")
    assert "\n".join(lines[40:45]) == REFRESH
    assert lines[9] == "class Session:"
    assert (file["start_line"], file["end_line"], file["lines"], file["next_line"]) == (1, 61, 61, None)
    assert [section["symbol"] for section in file["sections"]] == [
        "Session",
        "Session.refresh",
        "Session.close",
    ]
    assert file["commit"] == "c" * 40


async def test_a_range_of_lines_names_only_its_chunks(client: httpx.AsyncClient) -> None:
    asked = {**SESSION, "start_line": "42", "end_line": "43"}
    file = (await client.get("/v1/file", params=asked)).json()
    assert file["text"] == "\n".join(REFRESH.split("\n")[1:3])
    assert (file["next_line"], [section["symbol"] for section in file["sections"]]) == (
        44,
        ["Session.refresh"],
    )
    past_the_end = (await client.get("/v1/file", params={**SESSION, "start_line": 9_000})).json()
    assert (past_the_end["start_line"], past_the_end["next_line"]) == (61, None)


async def test_a_long_file_comes_in_pages_that_add_up(tmp_path: Path) -> None:
    text = "\n".join(f"line {number}" for number in range(1, MAX_FILE_LINES + 11))
    publish(tmp_path, [make_row(path="long.txt", text=text)])
    async with api(tmp_path) as client:
        first = (await client.get("/v1/file?repo=shop&path=long.txt")).json()
        assert (first["end_line"], first["next_line"]) == (MAX_FILE_LINES, MAX_FILE_LINES + 1)
        rest = (await client.get(f"/v1/file?repo=shop&path=long.txt&start_line={first['next_line']}")).json()
        assert f"{first['text']}\n{rest['text']}" == text
        assert rest["next_line"] is None


async def test_a_file_is_read_from_the_index_and_not_from_disk(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.commit("repo", {"a.py": "def indexed():\n    return 1\n\n\n\ndef second():\n    return 2\n"})
    world.night()
    world.commit("repo", {"a.py": "def changed():\n    return 1\n", "b.py": "b = 1\n"})
    async with api(world.state) as client:
        file = (await client.get("/v1/file?repo=repo&path=a.py")).json()
        assert file["text"] == "def indexed():\n    return 1\n\n\n\ndef second():\n    return 2"
        for path in ("b.py", "../code/repo/a.py", "/etc/passwd", "a.py/", "", "A.py"):
            reply = await client.get("/v1/file", params={"repo": "repo", "path": path})
            assert problem(reply) == (404, "file_not_indexed"), path


async def test_what_is_outside_the_scope_looks_like_what_is_not_there(scoped: httpx.AsyncClient) -> None:
    vault = await scoped.get("/v1/file", params={"repo": "bank", "path": "src/vault.go"})
    nothing = await scoped.get("/v1/file", params={"repo": "none", "path": "src/vault.go"})
    assert problem(vault) == problem(nothing) == (404, "file_not_indexed")
    assert vault.json() == nothing.json()
    assert (await scoped.get("/v1/symbols?query=OpenVault")).json()["symbols"] == []
    assert [one["name"] for one in (await scoped.get("/v1/repos")).json()["repositories"]] == ["shop"]
    status = (await scoped.get("/v1/status")).json()
    assert (status["chunks"], status["repositories"], status["stale_repositories"]) == (len(ROWS) - 1, 1, [])


async def test_symbols_are_found_by_name_and_paged(client: httpx.AsyncClient) -> None:
    named = (await client.get("/v1/symbols?query=Session.refresh")).json()["symbols"]
    assert [(one["symbol"], one["kind"]) for one in named] == [("Session.refresh", "method")]
    assert set(named[0]) >= {"id", "repo", "path", "language", "start_line", "end_line", "signature"}
    prefix = (await client.get("/v1/symbols?query=re&limit=1")).json()
    rest = (await client.get(f"/v1/symbols?query=re&limit=1&offset={prefix['next_offset']}")).json()
    assert {one["id"] for one in prefix["symbols"]}.isdisjoint(one["id"] for one in rest["symbols"])
    assert problem(await client.get("/v1/symbols?query=%20")) == (400, "query_empty")
    assert problem(await client.get("/v1/symbols")) == (422, "request_invalid")


async def test_continue_gets_whole_chunks(client: httpx.AsyncClient) -> None:
    sent = {"query": "expired token", "fullInput": "@nightdex expired token", "options": {}}
    items = (await client.post("/continue", json=sent)).json()
    assert items[0] == {
        "name": "shop/src/auth/session.py:41-45",
        "description": "Exchanges an expired token for a fresh one.",
        "content": REFRESH,
    }
    blank = (await client.post("/continue", json={"query": "", "fullInput": "expired token"})).json()
    assert blank == items
    assert problem(await client.post("/continue", json={"query": ""})) == (400, "query_empty")


@pytest.mark.parametrize(
    "address",
    [
        "/v1/search?query=token",
        "/v1/symbols?query=Session",
        "/v1/repos",
        "/v1/file?repo=shop&path=src/cart.py",
    ],
)
async def test_a_reply_is_fetched_once_a_generation(tmp_path: Path, address: str) -> None:
    publish(tmp_path, ROWS)
    async with api(tmp_path) as client:
        etag = (await client.get(address)).headers["etag"]
        for known in (etag, f'"x", {etag}'):
            again = await client.get(address, headers={"If-None-Match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        other = await client.get("/v1/search?query=other", headers={"If-None-Match": etag})
        assert other.status_code == 200
    publish(tmp_path, ROWS)
    async with api(tmp_path) as client:
        assert (await client.get(address, headers={"If-None-Match": etag})).status_code == 200


async def test_a_tag_is_good_for_its_own_scope_only(shop: Path, tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys.sqlite")
    _, token = keys.create(repos=["shop"], lifetime=None)
    async with api(shop, ApiOptions(keys=keys)) as client:
        etag = (await client.get("/v1/repos")).headers["etag"]
        headers = {"If-None-Match": etag, "Authorization": f"Bearer {token}"}
        assert (await client.get("/v1/repos", headers=headers)).status_code == 200


async def test_a_degraded_answer_is_not_kept(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search_api.retrieval.exact.MAX_EXACT_CHUNKS", 1)
    monkeypatch.setattr("search_api.retrieval.exact.MAX_SCANNED_CHUNKS", 1)
    reply = await client.get("/v1/search?query=token&mode=exact")
    assert reply.json()["degraded"]
    assert "etag" not in reply.headers
    assert reply.headers["cache-control"] == "no-store"


def save_night(state_dir: Path, day: int, outcome: str) -> None:
    report = NightReport(
        started_at=f"2026-01-{day:02}T04:00:00+00:00",
        generation=day,
        outcome=outcome,
        published=True,
        reason="bank is gone",
        seconds=60.0,
        repositories=[
            RepositoryReport("shop", found=3, chunked=3),
            RepositoryReport("bank", Outcome.STALE, "gone"),
        ],
        removed=["vault"],
    )
    report.save(state_dir)


async def test_nights_are_told_newest_first_and_in_pages(tmp_path: Path) -> None:
    publish(tmp_path, ROWS)
    for day, outcome in ((1, "ok"), (2, "partial"), (3, "failed")):
        save_night(tmp_path, day, outcome)
    (tmp_path / "nights" / "2026-01-04.json").write_text("{broken")
    async with api(tmp_path) as client:
        page = (await client.get("/v1/nights?limit=3")).json()
        assert [(night["generation"], night["outcome"]) for night in page["nights"]] == [
            (3, "failed"),
            (2, "partial"),
        ]
        rest = (await client.get(f"/v1/nights?limit=3&offset={page['next_offset']}")).json()
        assert [night["generation"] for night in rest["nights"]] == [1]
        assert rest["next_offset"] is None
        metrics = (await client.get("/metrics")).text
        ended = re.search(r"^nightdex_last_night_success_timestamp_seconds (\S+)$", metrics, re.MULTILINE)
        assert ended
        assert float(ended[1]) == datetime(2026, 1, 2, 4, 1, tzinfo=UTC).timestamp()
        assert "nightdex_last_night_duration_seconds 60.0" in metrics


async def test_a_scoped_key_learns_of_no_other_repositorys_night(tmp_path: Path) -> None:
    publish(tmp_path, ROWS)
    save_night(tmp_path, 1, "partial")
    keys = Keys(tmp_path / "keys.sqlite")
    _, token = keys.create(repos=["shop"], lifetime=None)
    async with api(tmp_path, ApiOptions(keys=keys)) as client:
        reply = await client.get("/v1/nights", headers={"Authorization": f"Bearer {token}"})
        assert "bank" not in reply.text
        assert "vault" not in reply.text
        assert [one["name"] for one in reply.json()["nights"][0]["repositories"]] == ["shop"]


async def test_every_field_of_a_real_night_that_is_promised_is_there(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.commit("repo", {"a.py": "def a():\n    return 1\n", "b.bin": b"\0\1"})
    world.night()
    async with api(world.state) as client:
        (night,) = (await client.get("/v1/nights")).json()["nights"]
    (report,) = (json.loads(path.read_bytes()) for path in (world.state / "nights").glob("*.json"))
    assert night.items() <= {**report, "repositories": night["repositories"]}.items()
    assert night["repositories"][0].items() <= report["repositories"][0].items()
    assert night["repositories"][0]["skipped"] == report["repositories"][0]["skipped"] != {}


async def test_metrics_tell_what_was_searched_and_what_is_served(client: httpx.AsyncClient) -> None:
    await client.get("/v1/search?query=canary-in-metrics&mode=raw")
    await client.get("/nowhere/canary-in-metrics")
    text = (await client.get("/metrics")).text
    assert 'nightdex_requests_total{method="GET",route="/v1/search",status="200"} 1.0' in text
    assert 'nightdex_requests_total{method="GET",route="none",status="404"} 1.0' in text
    assert 'nightdex_search_seconds_count{mode="raw"} 1.0' in text
    for line in (
        "nightdex_ready 1.0",
        "nightdex_generation 1.0",
        "nightdex_embedder_up 1.0",
        "nightdex_searches_running 0.0",
    ):
        assert line in text
    assert "canary" not in text


async def test_every_metric_is_documented(client: httpx.AsyncClient) -> None:
    document = (Path(__file__).parents[3] / "docs" / "API.md").read_text(encoding="utf-8")
    text = (await client.get("/metrics")).text
    families = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    shown = {family for family in families if not family.endswith("_created")}
    assert [family for family in sorted(shown) if f"`{family}`" not in document] == []
