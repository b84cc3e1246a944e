"""The chain: every call of an outer tier, with its deadline and its bill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from model_chain.bill import Account, Bill, Purpose
from model_chain.cut import estimated_tokens
from model_chain.errors import DeadlineExceeded, Permanent
from model_chain.ledger import Ledger
from model_chain.limits import AGENT_INPUT_TOKENS, AGENT_OUTPUT_TOKENS
from model_chain.prices import Price
from model_chain.protocol import (
    Citation,
    CodeAgent,
    CodeResult,
    CodeTask,
    Finished,
    Piece,
    Question,
    Reasoner,
    Restarted,
    TextPiece,
)
from model_chain.tiers import DEFAULT_TIERS, Tier
from model_chain.usage import ModelUse


class Backends(Protocol):
    """Gives each tier its backend."""

    def reasoner(self, tier: Tier) -> Reasoner | None:
        """What answers questions for a tier; None where its backend cannot."""
        ...

    def agent(self, tier: Tier) -> CodeAgent | None:
        """What works in folders for a tier; None where its backend cannot."""
        ...


class NoSuchTier(Permanent):
    """There is no tier of this name, or its backend cannot do what is asked."""

    code = "no_such_tier"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as a whole, with its bill. `cut_off`: it reached its length limit."""

    text: str
    citations: tuple[Citation, ...]
    cut_off: bool
    bill: Bill


class Chain:
    """The tiers as configured, over one ledger."""

    def __init__(
        self,
        ledger: Ledger,
        backends: Backends,
        tiers: Sequence[Tier] = DEFAULT_TIERS,
        prices: Sequence[Price] = (),
    ) -> None:
        self.account = Account(ledger, tiers, prices)
        self._backends = backends

    @property
    def tiers(self) -> Sequence[Tier]:
        """Cheapest first."""
        return self.account.tiers

    def tier(self, name: str) -> Tier:
        """The tier of a name.

        Raises:
            NoSuchTier: there is none.
        """
        for tier in self.tiers:
            if tier.name == name:
                return tier
        raise NoSuchTier(
            f"there is no tier {name!a}; there are {', '.join(tier.name for tier in self.tiers)}."
        )

    async def reason(
        self, name: str, question: Question, purpose: Purpose, bill: Bill | None = None
    ) -> AsyncGenerator[Piece, None]:
        """Answer a question on a tier, in pieces; what it costs is written down, `bill` is filled in.

        Raises:
            TierError: the tier gives no answer, or takes longer than it may.
            BudgetExceeded: its daily cap does not allow the call; nothing was asked.
        """
        tier = self.tier(name)
        reasoner = self._backends.reasoner(tier)
        if reasoner is None:
            raise NoSuchTier(f"tier {name} has backend {tier.backend}, which answers no questions.")
        estimate = self.account.cost_at_most(tier, _tokens(question), question.max_tokens)
        async with self.account.billed(tier, purpose, estimate, bill) as open_bill:
            open_bill.uses = unknown = (ModelUse(tier.model, None),)  # should it be broken off
            try:
                async with asyncio.timeout(tier.deadline), aclosing(reasoner.reason(question)) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, Finished):
                            open_bill.uses, open_bill.session = piece.uses, piece.session
                        yield piece
            except TimeoutError:
                raise _too_late(tier, unknown) from None

    async def answer(
        self, name: str, question: Question, purpose: Purpose, bill: Bill | None = None
    ) -> Reply:
        """Answer a question on a tier, as a whole.

        Raises:
            TierError, BudgetExceeded: as `reason`.
        """
        bill = bill or Bill()
        text: list[str] = []
        citations: list[Citation] = []
        cut_off = False
        async with aclosing(self.reason(name, question, purpose, bill)) as pieces:
            async for piece in pieces:
                match piece:
                    case TextPiece():
                        text.append(piece.text)
                    case Citation():
                        citations.append(piece)
                    case Restarted():
                        text.clear()
                        citations.clear()
                    case Finished():
                        cut_off = piece.cut_off
        return Reply("".join(text), tuple(citations), cut_off, bill)

    async def work(self, name: str, task: CodeTask, purpose: Purpose, bill: Bill | None = None) -> CodeResult:
        """Let a tier's agent do a task.

        Raises:
            TierError, BudgetExceeded: as `reason`.
        """
        tier, agent = self._agent(name)
        task = replace(task, budget=self._agent_estimate(tier))
        return await self._worked(tier, agent.work(task), purpose, bill)

    async def review(
        self, name: str, folder: Path, instruction: str, purpose: Purpose, bill: Bill | None = None
    ) -> CodeResult:
        """Let a tier's agent review what is not committed in a folder.

        Raises:
            TierError, BudgetExceeded: as `reason`.
        """
        tier, agent = self._agent(name)
        return await self._worked(tier, agent.review(folder, instruction), purpose, bill)

    def has_agent(self, name: str) -> bool:
        """Whether a tier can work in a folder, or only answer."""
        return self._backends.agent(self.tier(name)) is not None

    def _agent(self, name: str) -> tuple[Tier, CodeAgent]:
        tier = self.tier(name)
        agent = self._backends.agent(tier)
        if agent is None:
            raise NoSuchTier(f"tier {name} has backend {tier.backend}, which cannot work in a folder.")
        return tier, agent

    def _agent_estimate(self, tier: Tier) -> Decimal:
        return self.account.cost_at_most(tier, AGENT_INPUT_TOKENS, AGENT_OUTPUT_TOKENS)

    async def _worked(
        self, tier: Tier, call: Coroutine[None, None, CodeResult], purpose: Purpose, bill: Bill | None
    ) -> CodeResult:
        try:
            async with self.account.billed(tier, purpose, self._agent_estimate(tier), bill) as open_bill:
                open_bill.uses = unknown = (ModelUse(tier.model, None),)  # should it be broken off
                try:
                    async with asyncio.timeout(tier.deadline):
                        result = await call
                except TimeoutError:
                    raise _too_late(tier, unknown) from None
                open_bill.uses, open_bill.session = result.uses, result.session
                return result
        finally:
            call.close()  # where the budget did not allow it, it was never begun


def _tokens(question: Question) -> int:
    sources = (text for source in question.sources for text in (source.name, source.title, *source.blocks))
    return sum(map(estimated_tokens, (question.text, question.instructions, *sources)))


def _too_late(tier: Tier, uses: tuple[ModelUse, ...]) -> DeadlineExceeded:
    return DeadlineExceeded(
        f"tier {tier.name} took longer than {tier.deadline:g} s: raise chain.tiers.{tier.name}.deadline, or "
        "ask for less.",
        uses=uses,
    )
