"""The guard over HTTP, for hooks of `"type": "http"`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from model_chain.guard.hook import answer, decide, refusal
from model_chain.guard.journal import append
from search_api.dependencies import ChainOf
from search_api.limits import LONGEST_HOOK_NAME
from search_api.problem import BODY_STATUSES, problems

router = APIRouter()

Policy = Literal["strict", "rewrite", "smart", "off"]
_Name = Annotated[str, Field(max_length=LONGEST_HOOK_NAME)]


class HookRequest(BaseModel):
    """What Claude Code and Codex send before a tool runs; fields that are not named here are not read."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [{"tool_name": "Bash", "tool_input": {"command": "grep -rn token src"}}]
        },
    )

    tool_name: _Name
    tool_input: dict[str, Any] = Field(default_factory=dict)
    session_id: _Name = ""
    agent_type: _Name = "main"


class HookOutput(BaseModel):
    """The decision, in the callers' own words."""

    hookEventName: Literal["PreToolUse"]  # noqa: N815 - the callers' spelling
    permissionDecision: Literal["allow", "deny", "ask"]  # noqa: N815
    permissionDecisionReason: str  # noqa: N815
    updatedInput: dict[str, Any] | None = None  # noqa: N815
    additionalContext: str | None = None  # noqa: N815


class HookAnswer(BaseModel):
    """Empty where the guard has no opinion: the caller's own permissions decide."""

    hookSpecificOutput: HookOutput | None = None  # noqa: N815


@router.post(
    "/v1/hooks/pre-tool-use",
    operation_id="pre_tool_use",
    responses=problems(*BODY_STATUSES),
    response_model_exclude_none=True,
)
async def post_pre_tool_use(
    request: HookRequest, chain: ChainOf, policy: Annotated[Policy, Query()] = "strict"
) -> HookAnswer:
    """Judge a tool call. What the guard cannot read is denied."""
    ledger = chain.account.ledger.path if chain else None
    told = await run_in_threadpool(_judge, request.model_dump(exclude_unset=True), policy, ledger)
    return HookAnswer.model_validate(told)


def _judge(request: dict[str, Any], policy: Policy, ledger: Path | None) -> dict[str, object]:
    try:
        verdict = decide(request, policy, {}, here=False)
    except Exception as cause:  # noqa: BLE001 - fails closed, whatever happened
        verdict = refusal(cause)
    if ledger is not None:
        append(request, policy, verdict, str(ledger))
    return answer(verdict, request)
