"""The guard over HTTP."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest

from model_chain.chain import Chain
from model_chain.ledger import Ledger
from model_chain.testing import FakeBackends
from search_api.options import ApiOptions
from tests.shop import api

pytestmark = pytest.mark.anyio


async def asked(
    shop: Path, ledger: Path, *requests: dict[str, Any], policy: str = "strict"
) -> list[httpx.Response]:
    chain = Chain(Ledger(ledger), FakeBackends())
    async with api(shop, ApiOptions(chain=chain)) as client:
        parameters = {"policy": policy}
        return [
            await client.post("/v1/hooks/pre-tool-use", params=parameters, json=request)
            for request in requests
        ]


def bash(command: str, **more: object) -> dict[str, Any]:
    return {
        "session_id": "s",
        "hook_event_name": "PreToolUse",
        "tool_name": "Bash",
        "tool_input": {"command": command},
        **more,
    }


async def test_it_answers_as_the_program_does_and_writes_it_down(shop: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.sqlite3"
    denied, coder, work = await asked(
        shop,
        ledger,
        bash("grep -rn login src"),
        bash("ls", agent_id="a", agent_type="nightdex:coder"),
        bash("make"),
    )
    output = denied.json()["hookSpecificOutput"]
    assert output["permissionDecision"] == "deny"
    assert "search_code tool with query 'login'" in output["permissionDecisionReason"]
    assert "`nightdex chain run" in output["permissionDecisionReason"]
    assert (coder.json(), work.json()) == ({}, {})
    database = sqlite3.connect(ledger)
    rows = database.execute("select caller, decision from guard_decisions order by at").fetchall()
    assert rows == [("main", "deny"), ("nightdex:coder", "pass"), ("main", "pass")]
    database.close()


async def test_it_rewrites(shop: Path, tmp_path: Path) -> None:
    (reply,) = await asked(shop, tmp_path / "l.db", bash("ls -la"), policy="rewrite")
    output = reply.json()["hookSpecificOutput"]
    assert output["permissionDecision"] == "allow"
    assert output["updatedInput"] == {"command": "nightdex chain run --tier haiku --command 'ls -la'"}


async def test_what_cannot_be_judged_is_denied(shop: Path, tmp_path: Path) -> None:
    replies = await asked(
        shop, tmp_path / "l.db", {"tool_name": "Bash"}, bash("true;" * 6_000), {"tool_name": "shell"}
    )
    for reply in replies:
        assert reply.json()["hookSpecificOutput"]["permissionDecision"] == "deny"


async def test_a_request_without_a_tool_or_with_an_unknown_policy_is_a_problem(
    shop: Path, tmp_path: Path
) -> None:
    (nameless,) = await asked(shop, tmp_path / "l.db", {"tool_input": {}})
    (lax,) = await asked(shop, tmp_path / "l.db", bash("ls"), policy="lax")
    assert (nameless.status_code, lax.status_code) == (422, 422)
