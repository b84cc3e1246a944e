"""The nights, as real nights report them, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from model_chain.testing import FakeEmbedder
from search_api.app import create_app
from tests.nights import World
from tests.pages import axe_violations, serving, text

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

Contexts = Callable[..., "BrowserContext"]
CANARY = "<img src=x onerror=canary()>"


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two nights, in the second of which one repository fails."""
    world = World(tmp_path_factory.mktemp("nights"))
    world.commit(
        "shop", {"a.py": "def a():\n    return 1\n", "data.bin": b"\0\1\2", f"{CANARY}.py": "x = (\n"}
    )
    world.commit("bank", {"b.py": "def b():\n    return 2\n"})
    world.night()
    world.commit("shop", {"c.py": "def c():\n    return 3\n"})
    (world.folder("bank") / ".git" / "HEAD").write_text("ref: refs/heads/gone\n")
    world.night()
    return world.state


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_night_says_what_it_did_to_each_repository(
    context_of: Contexts, two_nights: Path, scheme: str
) -> None:
    page = context_of(color_scheme=scheme).new_page()
    ran: list[str] = []
    page.expose_function("canary", lambda: ran.append("ran"))
    with serving(create_app(two_nights, lambda _: FakeEmbedder())) as address:
        page.goto(f"{address}/nights")
        assert page.get_attribute(".top nav a[aria-current]", "href") == "/nights"
        nights = page.query_selector_all(".night")
        assert len(nights) == 2
        assert "partial" in text(page, ".night summary")
        rows = {row.text_content(): row for row in nights[0].query_selector_all("tbody th")}
        assert set(rows) == {"bank", "shop"}
        assert "stale" in text(page, ".night .chip.warn") or "partial" in text(page, ".night .chip.warn")
        assert len(page.query_selector_all(".chart svg[role=img] rect")) >= 4
        for details in page.query_selector_all(".night:not([open]) > summary"):
            details.click()
        assert "binary 1" in text(page, "main")
        assert axe_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert ran == []


def test_before_the_first_night_the_page_says_what_to_do(context_of: Contexts, tmp_path: Path) -> None:
    page = context_of().new_page()
    with serving(create_app(tmp_path, lambda _: FakeEmbedder())) as address:
        page.goto(f"{address}/nights")
        assert "nightdex run" in text(page, "main")
        assert axe_violations(page) == []
