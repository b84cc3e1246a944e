"""From a name in the code of a page to where it is defined, as far as the caller may see."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from index_store.testing import make_row
from search_api.keys import Keys
from search_api.options import ApiOptions
from tests.shop import api, publish

pytestmark = pytest.mark.anyio

CALLS = (
    "def charge(cart):\n    return pay(total(cart), fees(cart), secret(cart), Cart(cart), unheard_of(cart))"
)
ROWS = [
    make_row(path="pay.py", symbol="charge", start_line=10, text=CALLS),
    make_row(path="pay.py", symbol="total", start_line=20, text="def total(cart): ..."),
    make_row(
        path="pay.py", symbol="Cart", kind="class", start_line=30, text="class Cart:\n    pass\n    pass"
    ),
    make_row(
        path="pay.py", symbol="Cart.of", kind="method", start_line=31, text="    def of(): return Cart()"
    ),
    make_row(path="other.py", symbol="total", start_line=1, text="def total(): ..."),
    make_row(path="bank.py", symbol="pay", start_line=5, text="def pay(): ..."),
    make_row(path="fees_a.py", symbol="fees", start_line=1, text="def fees(): ..."),
    make_row(path="fees_b.py", symbol="fees", start_line=1, text="def fees(): ...  # b"),
    make_row(path="pay.go", symbol="unheard_of", language="go", text="func unheard_of() {}"),
    make_row(repo="vault", path="vault.py", symbol="secret", start_line=3, text="def secret(): ..."),
]


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    publish(tmp_path, ROWS)
    return tmp_path


@pytest.fixture
async def client(state_dir: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with api(state_dir) as connected:
        yield connected


async def lead(client: httpx.AsyncClient, name: str, line: int = 11, path: str = "pay.py") -> str:
    reply = await client.get("/definition", params={"name": name, "repo": "shop", "path": path, "line": line})
    assert reply.status_code == 303
    return reply.headers["location"]


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("pay", "/file?repo=shop&path=bank.py#L5"),
        ("total", "/file?repo=shop&path=pay.py#L20"),  # rather than the one of another file
        ("secret", "/file?repo=vault&path=vault.py#L3"),
        ("fees", "/?q=fees&mode=symbol&repo=shop"),
        ("unheard_of", "/?q=unheard_of&mode=symbol"),
        ("a b&c", "/?q=a+b%26c&mode=symbol"),
    ],
)
async def test_a_name_leads_to_the_nearest_definition_or_to_a_choice(
    client: httpx.AsyncClient, name: str, address: str
) -> None:
    assert await lead(client, name) == address


async def test_a_definition_leads_to_its_uses(client: httpx.AsyncClient) -> None:
    assert await lead(client, "total", line=20) == "/?q=total&mode=exact"


async def test_a_class_is_reached_from_inside_of_its_methods(client: httpx.AsyncClient) -> None:
    assert await lead(client, "Cart", line=31) == "/file?repo=shop&path=pay.py#L30"


async def test_a_name_without_a_place_leads_to_its_definition_in_any_language(
    client: httpx.AsyncClient,
) -> None:
    reply = await client.get("/definition", params={"name": "unheard_of"})
    assert reply.headers["location"] == "/file?repo=shop&path=pay.go#L1"


async def test_only_names_that_lead_somewhere_are_links(client: httpx.AsyncClient) -> None:
    for page in (f"/chunk/{ROWS[0].id}", "/file?repo=shop&path=pay.py"):
        linked = re.findall(r"/definition\?name=(\w+)", (await client.get(page)).text)
        assert {"charge", "pay", "total", "fees", "secret"} <= set(linked)
        assert not {"cart", "unheard_of"} & set(linked)


async def test_nobody_is_led_to_or_told_of_what_they_may_not_see(state_dir: Path) -> None:
    keys = Keys(state_dir / "keys.sqlite")
    _, token = keys.create(repos=["shop"], lifetime=None)
    async with api(state_dir, ApiOptions(keys=keys, key_required=True)) as client:
        client.auth = httpx.BasicAuth("me", token)
        assert await lead(client, "secret") == "/?q=secret&mode=symbol"
        assert "name=secret" not in (await client.get(f"/chunk/{ROWS[0].id}")).text
        reply = await client.get(
            "/definition", params={"name": "secret", "repo": "vault", "path": "vault.py", "line": 3}
        )
        assert reply.headers["location"] == "/?q=secret&mode=symbol"


async def test_without_an_index_the_page_says_so(tmp_path: Path) -> None:
    async with api(tmp_path / "none") as client:
        reply = await client.get("/definition", params={"name": "x"})
    assert reply.status_code == 503
    assert "nightdex run" in reply.text
