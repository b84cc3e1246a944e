"""The pages keep the scope of a key: in hits, counts, suggestions, files, similar code and nights."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from search_api.keys import Keys
from search_api.options import ApiOptions
from tests.shop import ROWS, api

pytestmark = pytest.mark.anyio

SECRET = next(row for row in ROWS if row.repo == "bank")
SEEN = next(row for row in ROWS if row.symbol == "Session.refresh")
PAGES = (
    "/", "/?q=OpenVault", "/?q=secret&mode=exact", "/?q=unlock&regex=true", "/results?q=vault&repo=bank",
    f"/chunk/{SEEN.id}", f"/similar/{SEEN.id}", f"/chunk/{SECRET.id}", f"/similar/{SECRET.id}",
    "/file?repo=shop&path=src/auth/session.py", "/file?repo=bank&path=src/vault.go", "/nights", "/chain",
)  # fmt: skip


@pytest.fixture
async def scoped(shop: Path, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that was asked for a key, and got one that sees shop alone."""
    keys = Keys(tmp_path / "keys.sqlite")
    _, token = keys.create(repos=["shop"], lifetime=None)
    async with api(shop, ApiOptions(keys=keys, key_required=True)) as client:
        client.auth = httpx.BasicAuth("me", token)
        yield client


@pytest.mark.parametrize("page", PAGES)
async def test_no_page_shows_or_counts_a_repository_outside_of_the_key(
    scoped: httpx.AsyncClient, page: str
) -> None:
    reply = await scoped.get(page)
    assert reply.headers["content-type"].startswith("text/html")
    for foreign in ("unlock(", "vault.go", "Opens the vault", 'value="bank"', 'value="go"', SECRET.id):
        asked = foreign in page or foreign.removesuffix("(") in page
        assert asked or foreign not in reply.text


@pytest.mark.parametrize(
    "page", [f"/chunk/{SECRET.id}", f"/similar/{SECRET.id}", "/file?repo=bank&path=src/vault.go"]
)
async def test_what_may_not_be_seen_is_not_there(scoped: httpx.AsyncClient, page: str) -> None:
    unknown = page.replace(SECRET.id, "0" * 16).replace("vault.go", "nothing.go")
    seen, unseen = await scoped.get(unknown), await scoped.get(page)
    assert (seen.status_code, unseen.status_code) == (404, 404)
    assert seen.text.count("\n") == unseen.text.count("\n")


async def test_what_the_key_sees_is_shown_without_folders_of_the_server(scoped: httpx.AsyncClient) -> None:
    reply = await scoped.get("/?q=expired token")
    assert "Session.refresh" in reply.text
    assert "vscode://" not in reply.text
    assert "7 functions" in (await scoped.get("/")).text


@pytest.mark.parametrize("page", [*PAGES, "/static/page.js"])
async def test_without_a_key_a_browser_is_asked_for_one(scoped: httpx.AsyncClient, page: str) -> None:
    scoped.auth = httpx.Auth()
    reply = await scoped.get(page, headers={"Accept": "text/html"})
    assert reply.status_code == 401
    assert "Basic" in reply.headers["www-authenticate"]


async def test_a_page_may_run_only_scripts_of_its_own(scoped: httpx.AsyncClient) -> None:
    policy = (await scoped.get("/")).headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


async def test_a_static_file_is_not_sent_twice(scoped: httpx.AsyncClient) -> None:
    first = await scoped.get("/static/page.css")
    again = await scoped.get("/static/page.css", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert (await scoped.get("/static/..%2fpages.py")).status_code == 404
