"""What the chain's reading commands print."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from model_chain.chain import Chain
    from model_chain.router.labels import Kind
    from model_chain.run import Plan
    from model_chain.tiers import Tier
    from nightdex.configuration import Configuration

# ruff: noqa: PLC0415 - each command loads what it shows

_WEEK_DAYS = 7


def money(amount: Decimal | None) -> str:
    """US dollars to a hundredth of a cent, or "unknown cost"."""
    return "unknown cost" if amount is None else f"${amount:.4f}"


def show_route(text: str, kind: Kind, *, as_json: bool) -> None:
    """Print where the router sends a text, and why."""
    from model_chain.router.decision import route

    decision = route(text, kind)
    if as_json:
        sys.stdout.write(json.dumps(asdict(decision)) + "\n")
        return
    sys.stdout.write(f"{decision.label}: {decision.reason}\n")
    sys.stdout.write("scores: " + ", ".join(f"{label} {score:g}" for label, score in decision.scores) + "\n")
    if decision.signals:
        sys.stdout.write("signals: " + "; ".join(decision.signals) + "\n")


def show_ledger(
    configuration: Configuration, day: str | None, *, week: bool, take_in: bool, as_json: bool
) -> int:
    """Print the table of a day or of the week up to it, in the machine's time zone."""
    from model_chain.typical_day import day_document, print_day, summarise_day
    from nightdex.chain.configured import ledger_of, tiers_of
    from nightdex.chain.imports import take_in_sessions

    ledger = ledger_of(configuration)
    until = _day(day) + timedelta(days=1)
    since = until - timedelta(days=_WEEK_DAYS if week else 1)
    if take_in:
        new = take_in_sessions(ledger, tuple(tiers_of(configuration.settings.chain)))
        sys.stderr.write(f"{new} operations were taken in from session files\n")
    summary = summarise_day(ledger.operations(_midnight(since), _midnight(until)))
    if as_json:
        sys.stdout.write(json.dumps(day_document(summary, since.isoformat(), until.isoformat())) + "\n")
        return 0
    last = until - timedelta(days=1)
    sys.stdout.write(f"{since}\n" if since == last else f"{since} to {last}\n")
    sys.stdout.write(print_day(summary) + "\n")
    return 0


def show_tiers(chain: Chain, *, ask: bool, as_json: bool) -> int:
    """Print each tier and whether it could answer; with `ask`, whether it does."""
    from model_chain.readiness import readiness

    rows = []
    for tier in chain.tiers:
        state = readiness(tier)
        ready, found, remedy = state.ready, state.found, state.remedy
        if ask and ready:
            ready, found = _asked(chain, tier)
        rows.append({**_tier_document(tier), "ready": ready, "found": found, "remedy": remedy})
        if not as_json:
            sys.stdout.write(f"{tier.name:8}{'ready' if ready else 'NOT READY':11}{found}\n")
            if remedy:
                sys.stdout.write(f"{'':8}-> {remedy}\n")
    if as_json:
        sys.stdout.write(json.dumps(rows) + "\n")
    return 0 if all(row["ready"] for row in rows) else 1


def plan_lines(plan: Plan) -> Iterator[str]:
    """A plan for people."""
    tier = plan.tier
    how = "reads in the folder, changes nothing" if plan.in_folder else "answers from the text alone"
    yield f"tier:    {tier.name} ({tier.purpose})"
    yield f"model:   {tier.model} through {tier.backend}, billing {tier.billing}; {how}"
    yield f"reason:  {plan.reason}"
    if plan.decision is not None:
        yield "scores:  " + ", ".join(f"{label} {score:g}" for label, score in plan.decision.scores)
        if plan.decision.signals:
            yield "signals: " + "; ".join(plan.decision.signals)
    yield f"at most: {money(plan.at_most)} at list price is reserved"


def plan_document(plan: Plan) -> dict[str, object]:
    """A plan as JSON has it."""
    decision = None if plan.decision is None else asdict(plan.decision)
    told = {"reason": plan.reason, "in_folder": plan.in_folder, "at_most_usd": float(plan.at_most)}
    return {**_tier_document(plan.tier), **told, "decision": decision}


def _tier_document(tier: Tier) -> dict[str, object]:
    cap = None if tier.daily_cap is None else float(tier.daily_cap)
    named = {"tier": tier.name, "model": tier.model, "backend": tier.backend, "billing": tier.billing}
    return {**named, "purpose": tier.purpose, "daily_cap": cap}


def _asked(chain: Chain, tier: Tier) -> tuple[bool, str]:
    from model_chain.errors import ModelError
    from model_chain.run import plan_task, run_task

    try:
        plan = plan_task(chain, "Say ok, nothing else.", tier.name)
        with tempfile.TemporaryDirectory(prefix="nightdex-ask-") as folder:
            done = asyncio.run(run_task(chain, plan, Path(folder), "cli"))
    except ModelError as error:
        return False, str(error)
    return (
        True,
        f"{tier.model} answers, for {money(done.bill.marginal)} in {done.bill.duration_ms / 1000:.1f} s",
    )


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now().astimezone().date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!a} is not a day; write it as 2026-11-24") from None


def _midnight(day: date) -> float:
    """The beginning of a day on this machine; the naive time is local by Python's own rule."""
    return datetime(day.year, day.month, day.day).timestamp()  # noqa: DTZ001 - local on purpose
