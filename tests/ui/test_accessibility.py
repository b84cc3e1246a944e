"""axe-core over every state of the pages, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from model_chain.errors import ModelError
from model_chain.protocol import Embedder
from model_chain.testing import FakeEmbedder
from search_api.app import create_app
from tests.pages import axe_violations, serving, text

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

    from index_store.schema import EmbedderRecord

Contexts = Callable[..., "BrowserContext"]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.mark.parametrize(
    ("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide-light", "phone-dark"]
)
@pytest.mark.parametrize("path", ["/", "/?q=token", "/?q=no_such_name&mode=symbol", "/?q=%28&regex=true"])
def test_a_page_can_be_used_by_everyone(
    context_of: Contexts, shop_page: str, path: str, size: dict[str, int], scheme: str
) -> None:
    page = context_of(viewport=size, color_scheme=scheme).new_page()
    page.goto(shop_page + path)
    assert axe_violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chunk_the_keys_and_the_reasons_can_be_used_by_everyone(
    context_of: Contexts, shop_page: str, scheme: str
) -> None:
    page = context_of(color_scheme=scheme).new_page()
    page.goto(f"{shop_page}/?q=expired+token")
    page.click(".why summary")
    page.check(".unfold input", force=True)
    assert axe_violations(page) == []
    page.click("#keys-button")
    assert axe_violations(page) == []
    page.goto(f"{shop_page}/?q=expired+token")
    address = page.url
    for link in (".hit .place", ".hit .similar", "text=Whole file"):
        page.goto(address)
        page.click(link)
        page.wait_for_url(lambda url: "?q=" not in url)
        page.wait_for_load_state()
        assert axe_violations(page) == []


def test_an_empty_index_can_be_read_by_everyone(context_of: Contexts, tmp_path: Path) -> None:
    with serving(create_app(tmp_path, lambda _: FakeEmbedder())) as address:
        page = context_of().new_page()
        page.goto(address)
        assert axe_violations(page) == []


def test_a_degraded_answer_says_so_and_can_be_read_by_everyone(context_of: Contexts, shop: Path) -> None:
    def no_embedder(_: EmbedderRecord) -> Embedder:
        raise ModelError("Ollama does not answer")

    with serving(create_app(shop, no_embedder)) as address:
        page = context_of().new_page()
        page.goto(f"{address}/?q=token")
        assert text(page, ".note.warn").startswith("Degraded.")
        assert page.query_selector(".hit")
        assert axe_violations(page) == []


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_nothing_is_wider_than_the_window(context_of: Contexts, shop_page: str, size: dict[str, int]) -> None:
    page = context_of(viewport=size).new_page()
    for path in ("/", "/?q=token"):
        page.goto(shop_page + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
