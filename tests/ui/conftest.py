"""A real Chromium on a real server. A machine without the browser or axe-core is told what to install."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index_store.testing import states_of
from model_chain.testing import FakeEmbedder
from search_api.app import create_app
from tests.pages import REFRESH, publish, serving, shop_rows

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory: shop is a real folder, bank is stale."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "code" / "src").mkdir(parents=True)
    (folder / "code" / "src" / "session.py").write_text("\n" * 40 + REFRESH)
    rows = shop_rows()
    states = tuple(
        replace(state, stale=True, stale_reason="the disk is gone")
        if state.name == "bank"
        else replace(state, location=str(folder / "code"))
        for state in states_of(rows)
    )
    publish(folder / "state", rows, states)
    return folder / "state"


@pytest.fixture(scope="session")
def shop_page(shop: Path) -> Iterator[str]:
    with serving(create_app(shop, lambda _: FakeEmbedder())) as address:
        yield address


# Not for the session: while Playwright runs, its event loop does, and no other test could start one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("no Chromium: `apt-get install chromium`")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def context_of(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts that end with the test."""
    opened: list[BrowserContext] = []

    def new(**options: object) -> BrowserContext:
        opened.append(browser.new_context(**options))  # type: ignore[arg-type] # options are playwright's own
        return opened[-1]

    yield new
    for context in opened:
        context.close()


@pytest.fixture
def page(context_of: Callable[..., BrowserContext]) -> Page:
    return context_of(viewport={"width": 1280, "height": 900}).new_page()
