"""Bills, budgets and deadlines of the chain, over fake models."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from model_chain.bill import Bill, Purpose
from model_chain.chain import Chain, NoSuchTier
from model_chain.errors import DeadlineExceeded, Refused, UsageLimit
from model_chain.ledger import BudgetExceeded, Ledger, LedgerUnavailable
from model_chain.process import child_environment
from model_chain.protocol import CodeTask, Question, Restarted, TextPiece
from model_chain.testing import FakeAgent, FakeBackends, FakeReasoner
from model_chain.tiers import DEFAULT_TIERS, Tier
from model_chain.usage import ModelUse, Tokens

pytestmark = pytest.mark.anyio

PURPOSE = Purpose("run", "test", "because")
ASKED = Question("why?", "You answer.")
HAIKU = DEFAULT_TIERS[1]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3")


def chain_of(ledger: Ledger, backends: FakeBackends, tier: Tier = HAIKU) -> Chain:
    return Chain(ledger, backends, (DEFAULT_TIERS[0], tier, *DEFAULT_TIERS[2:]))


async def test_an_answer_is_billed_to_the_tier_of_each_model_that_took_part(ledger: Ledger) -> None:
    uses = (
        ModelUse("claude-haiku-4-5", Tokens(input=1_000_000)),
        ModelUse("claude-opus-4-6", Tokens(input=1_000_000)),
    )
    chain = chain_of(ledger, FakeBackends(FakeReasoner(Refused("no", uses=uses))))
    bill = Bill()
    with pytest.raises(Refused):
        await chain.answer("haiku", ASKED, PURPOSE, bill)
    recorded = {(one.tier, one.billing, one.cost, one.marginal) for one in ledger.operations()}
    assert recorded == {
        ("haiku", "metered", Decimal(1), Decimal(1)),
        ("opus", "flat", Decimal(5), Decimal(0)),
    }
    assert (bill.cost, bill.marginal) == (6, 1)  # type: ignore[comparison-overlap]  # Decimal equals int


async def test_what_is_void_is_not_part_of_the_answer(ledger: Ledger) -> None:
    reasoner = FakeReasoner(TextPiece("half"), Restarted(), TextPiece("whole"))
    assert (await chain_of(ledger, FakeBackends(reasoner)).answer("opus", ASKED, PURPOSE)).text == "whole"


async def test_a_call_that_used_nothing_leaves_no_entry_and_no_reservation(ledger: Ledger) -> None:
    tier = replace(HAIKU, daily_cap=Decimal("0.03"))
    chain = chain_of(ledger, FakeBackends(FakeReasoner(UsageLimit("come back at 3"))), tier)
    for _ in range(5):
        with pytest.raises(UsageLimit):
            await chain.answer("haiku", ASKED, PURPOSE)
    assert ledger.operations() == []


async def test_a_call_of_unknown_cost_keeps_its_reservation_for_the_day(ledger: Ledger) -> None:
    tier = replace(HAIKU, daily_cap=Decimal("0.3"))
    agent = FakeAgent(model="claude-haiku-4-5")
    chain = chain_of(ledger, FakeBackends(agent=agent), tier)
    await chain.review("haiku", Path(), "x", PURPOSE)  # reserves $0.24, says nothing of its use
    with pytest.raises(BudgetExceeded, match=r"\$0\.2400 of today's \$0\.3"):
        await chain.work("haiku", CodeTask("x", Path()), PURPOSE)
    assert agent.tasks == []


async def test_an_agent_knows_its_budget(ledger: Ledger) -> None:
    agent = FakeAgent()
    await chain_of(ledger, FakeBackends(agent=agent)).work("haiku", CodeTask("x", Path()), PURPOSE)
    assert agent.tasks[0].budget == Decimal("0.24")


async def test_a_tier_that_takes_too_long_is_ended_and_its_cost_is_unknown(ledger: Ledger) -> None:
    reasoner = FakeReasoner(TextPiece("a"), delay=30.0)
    chain = chain_of(ledger, FakeBackends(reasoner), replace(HAIKU, deadline=0.05))
    with pytest.raises(DeadlineExceeded, match=r"chain\.tiers\.haiku\.deadline"):
        await chain.answer("haiku", ASKED, PURPOSE)
    assert reasoner.closed
    (operation,) = ledger.operations()
    assert (operation.cost, operation.reason) == (None, "because (tier_deadline)")


async def test_giving_up_in_the_middle_ends_the_call(ledger: Ledger) -> None:
    reasoner = FakeReasoner(TextPiece("a"), TextPiece("b"))
    chain = chain_of(ledger, FakeBackends(reasoner))
    async with aclosing(chain.reason("opus", ASKED, PURPOSE)) as pieces:
        assert await anext(pieces) == TextPiece("a")
    assert reasoner.closed
    assert [one.reason for one in ledger.operations()] == ["because (broken off)"]


async def test_calls_at_once_cannot_overspend_a_cap_together(ledger: Ledger) -> None:
    estimate = chain_of(ledger, FakeBackends()).account.cost_at_most(HAIKU, 10, ASKED.max_tokens)
    tier = replace(HAIKU, daily_cap=estimate * 3)
    reasoner = FakeReasoner(TextPiece("a"), delay=0.3, model="claude-haiku-4-5")
    chain = chain_of(ledger, FakeBackends(reasoner), tier)
    answers = [chain.answer("haiku", ASKED, PURPOSE) for _ in range(6)]
    results = await asyncio.gather(*answers, return_exceptions=True)
    refused = [result for result in results if isinstance(result, BudgetExceeded)]
    assert len(refused) == len(reasoner.questions) == 3


async def test_an_answer_outlives_a_ledger_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    chain = chain_of(Ledger(tmp_path / "file" / "ledger.sqlite3"), FakeBackends())
    assert (await chain.answer("opus", ASKED, PURPOSE)).text == "Because."
    with pytest.raises(LedgerUnavailable):  # but a cap that cannot be checked is not taken for granted
        await chain.answer("haiku", ASKED, PURPOSE)


async def test_a_tier_that_is_not_there_is_refused(ledger: Ledger) -> None:
    with pytest.raises(NoSuchTier, match="there are local, haiku, codex, opus"):
        await chain_of(ledger, FakeBackends()).answer("gpt", ASKED, PURPOSE)


def test_a_model_process_sees_what_it_needs_and_no_more() -> None:
    environ = {
        "HOME": "/home/dev", "PATH": "/bin", "HTTPS_PROXY": "http://p", "MY_KEY": "k", "CLAUDECODE": "1",
        "ANTHROPIC_API_KEY": "sk", "CLAUDE_CODE_MESSAGING_TOKEN": "t", "AWS_SECRET_ACCESS_KEY": "s",
        "NIGHTDEX_LEDGER": "/l",
    }  # fmt: skip
    assert child_environment(["MY_KEY"], environ) == {
        "HOME": "/home/dev", "PATH": "/bin", "HTTPS_PROXY": "http://p", "MY_KEY": "k",
        "NIGHTDEX_CHAIN_DEPTH": "1",
    }  # fmt: skip
