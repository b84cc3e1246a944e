"""The model chain's page, over a real ledger, in a real browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from model_chain.chain import Chain
from model_chain.ledger import Ledger, Operation
from model_chain.testing import FakeBackends, FakeEmbedder
from model_chain.usage import Tokens
from search_api.app import create_app
from search_api.options import ApiOptions
from tests.pages import axe_violations, serving, text

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

Contexts = Callable[..., "BrowserContext"]
CANARY = "<img src=x onerror=canary()>"


def spend(ledger: Ledger, tier: str, model: str, billing: str, output: int, *, days_ago: int = 0) -> None:
    tokens = Tokens(input=1_000, output=output, cache_read=0, cache_write_5m=0, cache_write_1h=0)
    at = time.time() - days_ago * 86_400
    ledger.record(Operation(tier, model, billing, "chat", tokens, "test", "a test", at=at))  # type: ignore[arg-type]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Yesterday and today, on three tiers, one of which nobody foresaw."""
    ledger = Ledger(tmp_path / "ledger.sqlite")
    for _ in range(30):
        spend(ledger, "local", "qwen2.5:14b", "free", 200)
        spend(ledger, "haiku", "claude-haiku-4-5", "metered", 200, days_ago=1)
    spend(ledger, "opus", "claude-opus-4-6", "flat", 10_000)
    spend(ledger, CANARY, "claude-opus-4-6", "metered", 10)
    return ledger


def options(ledger: Ledger) -> ApiOptions:
    return ApiOptions(chain=Chain(ledger, FakeBackends()))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_each_tier_did_and_cost_stands_against_opus_alone(
    context_of: Contexts, tmp_path: Path, ledger: Ledger, scheme: str
) -> None:
    page = context_of(color_scheme=scheme).new_page()
    ran: list[str] = []
    page.expose_function("canary", lambda: ran.append("ran"))
    with serving(create_app(tmp_path / "state", lambda _: FakeEmbedder(), options(ledger))) as address:
        page.goto(f"{address}/chain")
        rows = {
            name: page.locator("table").first.locator("tr", has_text=name).locator("td").all_text_contents()
            for name in ("local", "haiku")
        }
        rows["opus"] = (
            page.locator("table").first.locator("tbody tr").nth(3).locator("td").all_text_contents()
        )
        # Haiku: 30 x (1,000 x $1 + 200 x $5) / 1M; Opus: (1,000 x $5 + 10,000 x $25) / 1M, on a flat plan.
        assert rows["haiku"] == ["30", "$0.06", "$0.06", "0"]
        assert rows["local"] == ["30", "$0.00", "$0.00", "0"]
        assert rows["opus"] == ["1", "$0.00", "$0.26", "0"]
        # All of it on Opus: 60 x .01 + .255 + .00525
        assert "The same on claude-opus-4-6 alone" in text(page, "tfoot")
        assert "$0.86" in text(page, "tfoot")
        assert len(page.query_selector_all(".chart")) == 2
        assert len(page.query_selector_all("table >> nth=1 >> tbody tr")) == 2
        assert axe_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert ran == []


def test_an_empty_ledger_and_no_chain_at_all_say_what_is_counted(
    context_of: Contexts, tmp_path: Path
) -> None:
    page = context_of().new_page()
    with serving(create_app(tmp_path, lambda _: FakeEmbedder())) as address:
        page.goto(f"{address}/chain?days=7")
        assert "Nothing was written down in the last 7 days" in text(page, "main")
        assert axe_violations(page) == []


def test_a_damaged_ledger_is_said_to_be(context_of: Contexts, tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"no database at all, whatever the name says" * 100)
    page = context_of().new_page()
    broken = options(Ledger(tmp_path / "ledger.sqlite"))
    with serving(create_app(tmp_path / "state", lambda _: FakeEmbedder(), broken)) as address:
        page.goto(f"{address}/chain")
        assert "cannot be read" in text(page, "[role=alert]")
