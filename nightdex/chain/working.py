"""What `nightdex chain run` does: a task on its tier, or a command whose output is condensed."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from model_chain.bill import Bill
from nightdex.chain.show import money, plan_document, plan_lines
from search_api.render import visible

if TYPE_CHECKING:
    from model_chain.chain import Chain
    from model_chain.run import Done

CALLER = "cli"


def task_run(
    chain: Chain, task: str, tier: str | None, folder: Path, *, dry_run: bool, explain: bool, as_json: bool
) -> int:
    """Plan a task, show the plan where asked, and do it unless `dry_run`."""
    from model_chain.run import plan_task, run_task  # noqa: PLC0415 - reads the router's examples

    plan = plan_task(chain, task, tier)
    if dry_run and as_json:
        sys.stdout.write(json.dumps(plan_document(plan)) + "\n")
        return 0
    if explain and not as_json:
        to = sys.stdout if dry_run else sys.stderr
        to.writelines(f"{line}\n" for line in plan_lines(plan))
    if dry_run:
        return 0
    done = asyncio.run(run_task(chain, plan, folder.absolute(), CALLER))
    if as_json:
        sys.stdout.write(json.dumps({**plan_document(plan), **_done_document(done)}) + "\n")
    else:
        _show(done, sys.stdout, sys.stderr)
    return 0


def command_run(chain: Chain, tier: str, command: str, folder: Path, *, as_json: bool) -> int:
    """Run a command, show its output, and return its own exit status."""
    from model_chain.command import run_command  # noqa: PLC0415 - only this command runs others

    bill = Bill()
    ran = asyncio.run(run_command(chain, tier, command, folder.absolute(), caller=CALLER, bill=bill))
    if as_json:
        cost = None if bill.cost is None else float(bill.cost)
        told = {"output": ran.output, "complaint": ran.complaint, "exit_status": ran.status}
        sys.stdout.write(
            json.dumps({**told, "condensed": ran.condensed, "note": ran.note, "cost_usd": cost}) + "\n"
        )
        return ran.status
    sys.stdout.write(ran.output)
    sys.stdout.flush()
    sys.stderr.write(ran.complaint)
    if ran.note:
        sys.stderr.write(f"nightdex: {ran.note}\n")
    return ran.status


def _done_document(done: Done) -> dict[str, object]:
    marginal = done.bill.marginal
    return {
        "text": done.text,
        "denied": list(done.denied),
        "cut_off": done.cut_off,
        "cost_usd": None if done.bill.cost is None else float(done.bill.cost),
        "marginal_usd": None if marginal is None else float(marginal),
        "duration_ms": done.bill.duration_ms,
        "models": [operation.model for operation in done.bill.operations],
    }


def _show(done: Done, to: TextIO, beside: TextIO) -> None:
    to.write(visible(done.text).rstrip("\n") + "\n")
    to.flush()
    beside.writelines(f"denied: {visible(denied)}\n" for denied in done.denied)
    if done.cut_off:
        beside.write("the answer reached its length limit and is cut off\n")
    models = ", ".join(dict.fromkeys(operation.model for operation in done.bill.operations))
    paid = f"{money(done.bill.marginal)} ({money(done.bill.cost)} at list price)"
    beside.write(f"{done.plan.tier.name}: {models}, {paid}, {done.bill.duration_ms / 1000:.1f} s\n")
