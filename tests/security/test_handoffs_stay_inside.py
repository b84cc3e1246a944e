"""A hand-off writes into its repository and into the worktree it made, whatever the repository holds."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from model_chain.chain import Chain
from model_chain.handoff import Handoff, HandoffDamaged, HandoffOutside, HandoffRun
from model_chain.ledger import Ledger
from model_chain.testing import FakeAgent, FakeBackends
from model_chain.tiers import DEFAULT_TIERS
from nightdex.chain.handoff import GitCheckout
from tests import repositories as made
from tests.unit.model_chain.test_prd import GOOD

FEATURE = "Export the cart"
PRD = "prd-export-the-cart.md"


class Shop:
    """A repository, and the folder beside it where nothing may appear."""

    def __init__(self, root: Path) -> None:
        self.repo = made.repository(root / "shop", {"cart.py": "def total(): pass\n"})
        self.outside = root / "outside"
        self.outside.mkdir()
        self.chain = Chain(
            Ledger(root / "ledger.sqlite3"), FakeBackends(agent=FakeAgent(GOOD)), DEFAULT_TIERS
        )

    def hand_off(self, *, approved: bool = False) -> Handoff:
        run = HandoffRun(self.chain, GitCheckout(self.repo, self.repo / ".git"), FEATURE)
        return asyncio.run(run.advance(approved=approved))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_folder_that_is_a_link_leads_no_document_out(shop: Shop) -> None:
    (shop.repo / "docs").symlink_to(shop.outside)
    with pytest.raises(HandoffOutside, match="remove the symbolic link"):
        shop.hand_off()
    assert list(shop.outside.iterdir()) == []


@pytest.mark.parametrize("exists", ["there", "not there"])
def test_a_document_that_is_a_link_is_not_written_through(shop: Shop, exists: str) -> None:
    target = shop.outside / "profile"
    if exists == "there":
        target.write_text("mine\n")
    (shop.repo / "docs").mkdir()
    (shop.repo / "docs" / PRD).symlink_to(target)
    with pytest.raises(HandoffOutside):
        shop.hand_off()
    assert [file.read_text() for file in shop.outside.iterdir()] == ["mine\n"] * (exists == "there")


def test_a_link_that_only_the_commit_has_leads_nothing_out_of_the_worktree(shop: Shop) -> None:
    (shop.repo / "docs").symlink_to(shop.outside)
    made.commit(shop.repo, {})
    (shop.repo / "docs").unlink()  # the owner saw it here, and HEAD still has it
    assert shop.hand_off().step == "approval"
    with pytest.raises(HandoffOutside):
        shop.hand_off(approved=True)
    assert list(shop.outside.iterdir()) == []


@pytest.mark.parametrize("field", ["prd", "worktree", "branch", "slug"])
def test_a_state_that_came_with_the_repository_sends_nothing_elsewhere(shop: Shop, field: str) -> None:
    shop.hand_off()
    file = shop.repo / ".git/nightdex/handoff/export-the-cart.json"
    state = json.loads(file.read_text())
    state[field] = str(shop.outside / "x")
    file.write_text(json.dumps(state))
    with pytest.raises(HandoffDamaged, match="names other places"):
        shop.hand_off(approved=True)
    assert list(shop.outside.iterdir()) == []


def test_without_links_everything_is_where_it_belongs(shop: Shop) -> None:
    assert shop.hand_off().step == "approval"
    done = shop.hand_off(approved=True)
    assert (done.step, done.prd) == ("done", str(shop.repo / "docs" / PRD))
    assert (Path(done.worktree) / "docs" / PRD).read_text() == GOOD
    assert list(shop.outside.iterdir()) == []
