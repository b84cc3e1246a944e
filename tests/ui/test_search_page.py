"""The search page in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from index_store.testing import make_row
from model_chain.testing import FakeEmbedder
from search_api.app import create_app
from tests.pages import publish, serving, shop_rows, text

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Response

Contexts = Callable[..., "BrowserContext"]


def status(response: Response | None) -> int:
    assert response is not None
    return response.status


def test_typing_searches_and_the_address_follows(page: Page, shop_page: str) -> None:
    page.goto(shop_page)
    page.keyboard.type("expired token")  # the query has the focus from the start
    page.wait_for_selector(".hit")
    assert text(page, ".hit .symbol") == "Session.refresh"
    page.wait_for_url("**/?q=expired+token")
    assert page.title() == "expired token · nightdex code search"
    assert "token" in text(page, ".hit mark")
    assert text(page, ".hit .summary") == "Exchanges an expired token for a fresh one."


def test_plain_search_works_without_javascript(context_of: Contexts, shop_page: str) -> None:
    page = context_of(java_script_enabled=False).new_page()
    page.goto(shop_page)
    page.fill("#q", "token")
    page.check("input[name=lang][value=go]")
    page.click("button.go")
    assert text(page, ".hit .symbol") == "OpenVault"
    page.goto(f"{shop_page}/?q=token")
    page.click("text=More hits")
    assert text(page, ".sum strong") == "Hits 11\N{EN DASH}18"
    page.click("text=Better hits")
    assert text(page, ".sum strong") == "Hits 1\N{EN DASH}10"
    page.click(".hit .place")
    page.wait_for_selector(".whole .code")


def test_filters_modes_and_patterns_take_effect_at_once(page: Page, shop_page: str) -> None:
    page.goto(f"{shop_page}/?q=token")
    page.check("input[name=repo][value=bank]")
    expect(page.locator(".hit")).to_have_count(1)
    assert text(page, ".hit .chip.warn") == "stale"
    page.uncheck("input[name=repo][value=bank]")
    page.check("input[name=mode][value=symbol]", force=True)
    page.fill("#q", "step_3")
    expect(page.locator(".hit .symbol").first).to_have_text("step_3")
    page.check("input[name=regex]", force=True)
    page.fill("#q", r"step_1[0-4]\(")
    expect(page.locator(".hit")).to_have_count(5)
    assert text(page, ".line.match mark").startswith("step_1")
    assert "regex" in text(page, ".sum")


def test_hits_of_one_file_stand_under_one_heading_where_the_best_of_them_does(
    page: Page, tmp_path: Path
) -> None:
    found = [("src/a.py", 1), ("src/b.py", 1), ("src/a.py", 9)]
    rows = [
        make_row(path=path, symbol=f"token_{line}", start_line=line, text=f"def token_{line}(): ...")
        for path, line in found
    ]
    publish(tmp_path, rows)
    with serving(create_app(tmp_path, lambda _: FakeEmbedder())) as address:
        page.goto(f"{address}/?q=token&mode=symbol")
        files = page.locator(".file")
        assert [file.locator(".of .path").text_content() for file in files.all()] == ["src/a.py", "src/b.py"]
        assert files.first.locator(".hit .symbol").all_text_contents() == ["token_1", "token_9"]
        assert files.first.locator(".of .chip").text_content() == "2 hits"
        page.keyboard.press("Escape")
        for place in ("src/a.py:1", "src/a.py:9", "src/b.py:1"):
            page.keyboard.press("j")
            assert page.evaluate("document.activeElement.getAttribute('aria-label')") == place
        page.click(".of .place")
        page.wait_for_url("**/file?repo=shop&path=src%2Fa.py#L1")


def counts(page: Page, name: str) -> dict[str, str]:
    """What is counted beside each value of a filter that has a count."""
    labels = page.locator(f"#facets label:has([name={name}]):has(.count)").all()
    return {text(label, ".value"): text(label, ".count") for label in labels}


def test_filters_count_the_hits_of_the_answer_and_keep_their_place(page: Page, shop_page: str) -> None:
    page.goto(shop_page)
    assert counts(page, "repo") == {"bank": "1", "shop": "17"}
    page.keyboard.type("OpenVault")
    expect(page.locator("#facets .count[title^='hits']").first).to_be_visible()
    page.check("input[name=mode][value=symbol]", force=True)
    expect(page.locator("#facets label.none")).not_to_have_count(0)
    assert counts(page, "repo") == {"bank": "1"}
    assert counts(page, "lang") == {"go": "1"}
    page.focus("#facets [name=lang][value=go]")
    page.keyboard.press("Space")
    page.wait_for_url("**lang=go**")
    expect(page.locator("#facets li:first-child [name=lang]")).to_be_checked()
    assert page.evaluate("document.activeElement.value") == "go"
    # Beside a chosen one, the others are not counted: they may have hits all the same.
    assert page.query_selector("label.none:has([name=lang])") is None


def test_a_filter_is_completed_while_one_types_it(page: Page, shop_page: str) -> None:
    searched: list[str] = []
    page.on("request", lambda request: searched.append(request.url) if "/results" in request.url else None)
    page.goto(shop_page)
    page.keyboard.type("token repo:")
    options = page.locator("#completions [role=option]")
    expect(options).to_have_text(["bank", "shop"])
    page.keyboard.press("ArrowDown")
    active = page.get_attribute("#q", "aria-activedescendant")
    assert text(page, f"#{active}") == "shop"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    assert page.input_value("#q") == "token repo:bank "
    page.wait_for_url("**/?q=token+repo%3Abank*")
    expect(page.locator(".hit .symbol")).to_have_text(["OpenVault"])
    assert not [url for url in searched if "repo%3A&" in url or "repo%3Ab&" in url]
    page.keyboard.type("lang:G")
    expect(options).to_have_text(["go"])
    options.first.click()
    assert page.input_value("#q") == "token repo:bank lang:go "
    page.keyboard.type("kind:fun")
    expect(options).to_have_text(["function"])
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("ction")
    expect(options).to_have_count(0)
    page.keyboard.press("Enter")
    page.wait_for_url("**kind%3Afunction*")
    expect(page.locator(".hit .symbol")).to_have_text(["OpenVault"])


def test_the_outline_stands_beside_the_code_and_says_where_one_is(page: Page, tmp_path: Path) -> None:
    rows = [make_row(path="a.py", symbol="Big", kind="class", start_line=1, text="class Big:")] + [
        make_row(path="a.py", symbol=f"Big.step_{n}", kind="method", start_line=n * 40 + 2,
                 text=f"    def step_{n}():" + "\n        pass" * 39)
        for n in range(9)
    ]  # fmt: skip
    publish(tmp_path, rows)
    with serving(create_app(tmp_path, lambda _: FakeEmbedder())) as address:
        page.goto(f"{address}/chunk/{rows[3].id}")
        assert text(page, ".outline [aria-current] .value") == "step_2"
        page.click(".outline a:has-text('step_5')")
        page.wait_for_url("**/file?repo=shop&path=a.py#L202")
        now = page.locator(".outline [aria-current] .value")
        expect(now).to_have_text("step_5")
        assert page.locator(".outline .d1").count() == 9
        page.click(".outline a:has-text('step_7')")
        expect(now).to_have_text("step_7")
        assert page.evaluate("location.hash") == "#L282"


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_a_name_in_the_code_leads_to_its_definition(
    context_of: Contexts, tmp_path: Path, *, script: bool
) -> None:
    rows = [
        make_row(path="a.py", symbol="run", start_line=1, text="def run():\n    return stop(1)"),
        make_row(path="b.py", symbol="stop", start_line=7, text="def stop(code): ..."),
    ]
    publish(tmp_path, rows)
    page = context_of(java_script_enabled=script).new_page()
    with serving(create_app(tmp_path, lambda _: FakeEmbedder())) as address:
        page.goto(f"{address}/chunk/{rows[0].id}")
        page.click(".code .def:has-text('stop')")
        page.wait_for_url("**/file?repo=shop&path=b.py#L7")
        page.click(".line:target .def")
        page.wait_for_url("**/?q=stop&mode=exact")
        assert set(page.locator(".file .of .path").all_text_contents()) == {"a.py", "b.py"}


def test_a_selected_name_is_looked_up_with_a_key(page: Page, shop_page: str) -> None:
    page.goto(f"{shop_page}/?q=expired+token")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.wait_for_selector("#said:not(:empty)")
    page.locator(".line .t-nf").first.dblclick()
    page.keyboard.press("d")
    page.wait_for_url("**/file?repo=shop&path=src%2Fsession.py#L41")


def test_every_page_can_be_searched_from(page: Page, shop_page: str) -> None:
    page.goto(f"{shop_page}/nights")
    page.keyboard.press("/")
    page.keyboard.type("OpenVault")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=OpenVault")
    assert text(page, ".hit .symbol") == "OpenVault"


def test_a_query_that_cannot_be_understood_says_so_while_one_types(page: Page, shop_page: str) -> None:
    page.goto(f"{shop_page}/?regex=true")
    page.fill("#q", "(a")
    page.wait_for_selector("[role=alert]")
    assert "missing )" in text(page, "[role=alert]")
    page.fill("#q", "step_1")
    page.wait_for_selector(".hit")
    assert page.query_selector("[role=alert]") is None


def test_no_hits_offers_a_way_out(page: Page, shop_page: str) -> None:
    page.goto(f"{shop_page}/?q=no_such_name&mode=symbol&repo=shop")
    assert text(page, ".sum strong") == "No hits"
    page.click("text=Search without filters")
    assert page.url == f"{shop_page}/?q=no_such_name&mode=symbol"


def test_everything_can_be_done_from_the_keyboard(context_of: Contexts, shop_page: str) -> None:
    context = context_of(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{shop_page}/?q=expired+token")
    press = page.keyboard.press
    press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    press("ArrowDown")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused) == "src/session.py:41"
    press("j")
    press("k")
    assert page.evaluate(focused) == "src/session.py:41"
    last = ".hit:focus .line:last-child"
    assert not page.is_visible(last)
    press("x")
    assert page.is_visible(last)
    press("w")
    assert "It holds the query's words" in text(page, ".hit:focus .why[open]")
    press("y")
    page.wait_for_selector("#said:not(:empty)")
    assert page.evaluate("navigator.clipboard.readText()").endswith("/code/src/session.py:41")
    press("m")
    page.wait_for_url("**mode=hybrid**")
    press("?")
    assert page.is_visible("#keys")
    press("Escape")
    press("n")
    page.wait_for_url("**offset=10**")
    press("p")
    page.wait_for_url("**/?q=expired+token&mode=hybrid")
    press("j")
    press("Enter")
    page.wait_for_url("**/chunk/**")


def test_a_hit_in_a_folder_of_this_machine_opens_in_an_editor(page: Page, shop_page: str) -> None:
    page.goto(f"{shop_page}/?q=expired+token&repo=shop")
    link = page.get_attribute(".hit [data-editor=vscode]", "href")
    assert link is not None
    assert re.fullmatch(r"vscode://file/.*/code/src/session\.py:41", link)
    page.goto(f"{shop_page}/?q=OpenVault&repo=bank")
    assert page.query_selector(".hit [data-editor]") is None


def test_similar_code_and_the_whole_file_are_a_key_and_a_click_away(page: Page, shop_page: str) -> None:
    page.goto(f"{shop_page}/?q=step_3&mode=symbol")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("s")
    page.wait_for_url("**/similar/**")
    assert text(page, "h1 .path") == "src/step_3.py"
    symbols = page.locator(".hits .symbol").all_text_contents()
    assert len(symbols) > 3
    assert "step_3" not in symbols
    page.goto(f"{shop_page}/?q=expired+token")
    page.click("text=Whole file")
    page.wait_for_url("**/file?repo=shop&path=src%2Fsession.py#L41")
    assert "def refresh(self, token):" in text(page, ".line:target")
    assert text(page, ".outline a .value") == "Session.refresh"
    assert status(page.goto(f"{shop_page}/file?repo=shop&path=nowhere.py")) == 404


def test_a_question_that_needs_thought_is_told_where_to_go(page: Page, shop_page: str) -> None:
    page.goto(f"{shop_page}/?q=why+does+the+token+expire+so+early")
    assert "nightdex ask" in text(page, ".note.tip")
    assert page.query_selector(".hit")


def test_the_theme_can_be_turned_and_is_remembered(page: Page, shop_page: str) -> None:
    page.goto(shop_page)
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    page.click("#theme")
    assert page.evaluate(paper) == "rgb(15, 18, 24)"
    page.reload()
    assert page.evaluate(paper) == "rgb(15, 18, 24)"


def test_an_empty_index_says_what_to_do_and_the_first_night_ends_the_wait(page: Page, tmp_path: Path) -> None:
    with serving(create_app(tmp_path, lambda _: FakeEmbedder())) as address:
        assert status(page.goto(address)) == 503
        assert "nightdex run" in text(page, "main")
        publish(tmp_path, shop_rows())
        page.wait_for_selector(".welcome", timeout=20_000)


def test_an_index_that_cannot_be_opened_says_why(page: Page, tmp_path: Path) -> None:
    publish(tmp_path, shop_rows())
    (tmp_path / "generations" / "1" / "manifest.json").write_text("{}")
    with serving(create_app(tmp_path, lambda _: FakeEmbedder())) as address:
        assert status(page.goto(f"{address}/?q=token")) == 503
        assert "manifest.json" in text(page, "[role=alert]")


def test_a_chunk_that_is_gone_is_said_to_be(page: Page, shop_page: str) -> None:
    assert status(page.goto(f"{shop_page}/chunk/0123456789abcdef")) == 404
    assert "search again" in text(page, "[role=alert]")


def test_a_server_that_is_gone_is_said_to_be_and_the_hits_stay(page: Page, shop: Path) -> None:
    with serving(create_app(shop, lambda _: FakeEmbedder())) as address:
        page.goto(f"{address}/?q=token")
    page.fill("#q", "token again")
    page.wait_for_selector("#said:not(:empty)")
    assert "Is nightdex serving?" in text(page, "#said")
    assert page.query_selector(".hit")


@pytest.mark.parametrize("path", ["/", "/?q=token", "/chunk/none"])
def test_a_page_asks_nothing_of_any_other_host(page: Page, shop_page: str, path: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(shop_page + path)
    page.wait_for_load_state("networkidle")
    assert len(asked) >= 4
    assert all(url.startswith(shop_page) for url in asked)
