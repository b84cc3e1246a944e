"""Nothing that an index holds runs in a browser, wherever it stands and whatever the page makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from index_store.testing import make_row, states_of
from model_chain.testing import FakeEmbedder
from search_api.app import create_app
from tests.pages import publish, serving

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request

Contexts = Callable[..., "BrowserContext"]

CANARIES = (
    "<script>canary()</script>",
    "<img src=x onerror=canary()>",
    '"><svg onload=canary()>',
    "' autofocus onfocus=canary() x='",
    "</code></pre><iframe srcdoc='<script>parent.canary()</script>'></iframe>",
    "</title><script>canary()</script>",
    "javascript:canary()",
    "{{ canary() }}{% raw %}",
    "<!--><img src=x onerror=canary()>-->",
    "<math><mi xlink:href='javascript:canary()'>x</mi></math>",
    "<style>*{background:url(/canary)}</style><link rel=stylesheet href=/canary>",
)


@pytest.fixture(scope="module")
def canary_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Every canary in every text field of a chunk and of its repository."""
    folder = tmp_path_factory.mktemp("canaries")
    rows = [
        make_row(
            repo=f"repo{canary}", path=f"src/{canary}.py", symbol=canary, kind=canary, language=language,
            signature=canary, doc=canary, breadcrumb=canary, summary=canary, summary_source=canary,
            text=f"token = {canary}\n{canary}", calls=(canary,), start_line=number,
        )
        for number, canary in enumerate(CANARIES, start=1)
        for language in ("python", "html", canary)
    ]  # fmt: skip
    states = tuple(
        replace(state, location=state.name, branch=state.name, commit=state.name, stale=True,
                stale_reason=state.name, indexed_at=state.name)
        for state in states_of(rows)
    )  # fmt: skip
    publish(folder, rows, states)
    with serving(create_app(folder, lambda _: FakeEmbedder())) as address:
        yield address


# The policy would stop a script that was let in; without it the escaping has to hold alone.
@pytest.mark.parametrize("bypass_csp", [False, True], ids=["with policy", "without policy"])
def test_no_canary_runs(context_of: Contexts, canary_page: str, bypass_csp: bool) -> None:  # noqa: FBT001 - pytest's
    context = context_of(bypass_csp=bypass_csp)
    page = context.new_page()
    ran: list[object] = []
    page.expose_function("canary", lambda: ran.append("ran"))
    refused: list[str] = []

    def note_dialog(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    def note_request(request: Request) -> None:
        if request.url.endswith("/canary"):
            ran.append(request.url)

    def note_refusal(message: ConsoleMessage) -> None:
        if "Security Policy" in message.text:
            refused.append(message.text)

    page.on("dialog", note_dialog)
    page.on("request", note_request)
    page.on("console", note_refusal)
    for path in ["/", "/?q=token", "/?q=token&offset=10", "/results?q=token", *queries()]:
        page.goto(canary_page + path)
        look_at_everything(page)
    for canary in CANARIES:  # typed, so that the script of the page handles them too
        page.goto(canary_page)
        page.fill("#q", canary)
        page.wait_for_url("**/?q=**")
        look_at_everything(page)
    page.goto(f"{canary_page}/?q=token")
    links = page.query_selector_all(".hit .place, .hit .similar, .hit .actions a[href^='/file']")
    for link in [one.get_attribute("href") for one in links]:
        page.goto(canary_page + str(link))
        look_at_everything(page)
    assert ran == []
    assert refused == [], "the policy had to stop something that the escaping should have"


def queries() -> list[str]:
    canaries = [quote(canary) for canary in CANARIES]
    return (
        [f"/?q={one}&mode={one}&repo={one}&path={one}&lang={one}" for one in canaries]
        + [f"/?q={one}" for one in canaries]
        + [f"/definition?name={one}" for one in canaries]
    )


def look_at_everything(page: Page) -> None:
    """Hover, focus and unfold, and see that the page holds only its own scripts and no foreign element."""
    page.evaluate("""() => {
        for (const one of document.querySelectorAll("*")) {
            one.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
            one.focus?.({ preventScroll: true });
        }
        for (const one of document.querySelectorAll("details")) one.open = true;
    }""")
    own = {"/static/theme.js", "/static/complete.js", "/static/page.js"}
    scripts = [script.get_attribute("src") for script in page.query_selector_all("script")]
    assert set(scripts) <= own, scripts
    assert (
        page.query_selector("iframe, math, style, object, embed, main img, [onerror], [onload], [onfocus]")
        is None
    )
    hrefs = page.evaluate("[...document.querySelectorAll('[href]')].map((one) => one.getAttribute('href'))")
    assert not [href for href in hrefs if href.strip().lower().startswith(("javascript:", "data:"))]
