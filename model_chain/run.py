"""A task sent to its tier: planned first, so that it can be looked at, then done."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from model_chain.bill import Bill, Purpose
from model_chain.chain import Chain
from model_chain.cut import estimated_tokens
from model_chain.limits import AGENT_INPUT_TOKENS, AGENT_OUTPUT_TOKENS, ANSWER_TOKENS
from model_chain.protocol import CodeTask, Question
from model_chain.router.decision import Decision, route
from model_chain.tiers import Tier

_INSTRUCTIONS = (
    "Do what is asked, briefly and exactly. Say so where something cannot be known from what is given."
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a task goes and why. `at_most` is what it is reserved for: US dollars of list price."""

    task: str
    tier: Tier
    in_folder: bool
    reason: str
    decision: Decision | None
    at_most: Decimal


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it. `denied` are actions that the tier's agent was not allowed to take."""

    plan: Plan
    text: str
    bill: Bill
    denied: tuple[str, ...] = ()
    cut_off: bool = False


def plan_task(chain: Chain, task: str, tier: str | None = None) -> Plan:
    """Choose the tier by the router, or take the one given.

    Raises:
        NoSuchTier: there is none of this name.
    """
    decision = None if tier else route(task)
    chosen = chain.tier(tier or (decision.label if decision else ""))
    in_folder = chain.has_agent(chosen.name)
    sizes = (
        (AGENT_INPUT_TOKENS, AGENT_OUTPUT_TOKENS) if in_folder else (estimated_tokens(task), ANSWER_TOKENS)
    )
    reason = decision.reason if decision else "the tier was given"
    return Plan(task, chosen, in_folder, reason, decision, chain.account.cost_at_most(chosen, *sizes))


async def run_task(chain: Chain, plan: Plan, folder: Path, caller: str) -> Done:
    """Do a planned task. In the folder the tier may read; nothing is written.

    Raises:
        TierError, BudgetExceeded: the tier gives no answer, or may not be asked today.
    """
    purpose, bill = Purpose("run", caller, plan.reason), Bill()
    if plan.in_folder:
        result = await chain.work(plan.tier.name, CodeTask(plan.task, folder), purpose, bill)
        return Done(plan, result.text, bill, result.denied)
    reply = await chain.answer(plan.tier.name, Question(plan.task, _INSTRUCTIONS), purpose, bill)
    return Done(plan, reply.text, bill, cut_off=reply.cut_off)
