"""`codex exec` as a code agent: reading only, or writing in one workspace; and `codex exec review`.

Recorded from codex-cli 0.163: an `item` of type error is a warning, a top-level `error` may be a
reconnection; only `turn.failed`, or an end without `turn.completed`, is a failure. The usage of a review is
all zeros, which means unknown.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from model_chain.cut import encodable
from model_chain.errors import CliMissing, NotLoggedIn, Permanent, TierError, Transient, UsageLimit
from model_chain.limits import PROVIDER_WORDS
from model_chain.process import child_environment, find_command, model_process
from model_chain.protocol import CodeResult, CodeTask
from model_chain.readiness import CODEX_KEYS
from model_chain.tiers import Tier
from model_chain.usage import ModelUse, codex_usage

COMMAND = "codex"
_VARIABLES = ("CODEX_HOME",)
_TRANSIENT = ("high demand", "stream disconnected", "reconnecting", "timed out", "temporar", "overloaded")
_LOGIN = ("not logged in", "login", "401 unauthorized", "missing environment variable", "api key")


class CodexCli:
    """Does structured code work. Whatever it runs stays inside codex's own sandbox."""

    def __init__(self, tier: Tier) -> None:
        self._tier = tier
        keys = CODEX_KEYS if tier.billing == "metered" else ()  # a key would replace the plan
        self._variables = (*_VARIABLES, *keys, *tier.environment)

    async def work(self, task: CodeTask) -> CodeResult:
        """Do a task: sandboxed to reading, or to writing below the folder."""
        sandbox = "workspace-write" if task.writable else "read-only"
        options = ["--sandbox", sandbox, "--cd", str(task.folder), "--model", self._tier.model, "-"]
        return await self._run(options, task.folder, encodable(task.instruction))

    async def review(self, folder: Path, instruction: str) -> CodeResult:
        """Review what is not committed in a repository."""
        settings = [f"model={json.dumps(self._tier.model)}", 'sandbox_mode="read-only"']
        chosen = [word for setting in settings for word in ("--config", setting)]
        # With --uncommitted the program takes no instruction of ours.
        options = ["review", *chosen, *(["-"] if instruction else ["--uncommitted"])]
        return await self._run(options, folder, encodable(instruction))

    async def _run(self, options: Sequence[str], folder: Path, given: str) -> CodeResult:
        command = find_command(self._tier.command or COMMAND)
        if command is None:
            raise CliMissing(
                f"{self._tier.command or COMMAND} is not on PATH: install Codex, or set "
                f"chain.tiers.{self._tier.name}.command."
            )
        line = [command, "exec", *options, "--json", "--skip-git-repo-check", "--ephemeral"]
        told = _Told(self._tier.model)
        environment = child_environment(self._variables)
        async with (
            model_process(line, environment=environment, folder=folder, given=given.encode()) as process,
            aclosing(process.lines()) as events,
        ):
            async for event in events:
                told.hear(event)
        if told.uses is None:
            unknown = (ModelUse(self._tier.model, None),) if told.began else ()
            words = (told.complaint or process.complaint or f"exit status {process.status}")[-PROVIDER_WORDS:]
            raise _failure(words)(f"codex: {words.rstrip('.')}.", uses=unknown)
        return CodeResult(told.text, told.uses, tuple(told.changed), session=told.session)


class _Told:
    """What the events of one run have told so far."""

    def __init__(self, model: str) -> None:
        self._model = model
        self.text = ""
        self.session = ""
        self.complaint = ""
        self.began = False
        self.changed: dict[str, None] = {}
        self.uses: tuple[ModelUse, ...] | None = None

    def hear(self, event: dict[str, Any]) -> None:
        item = event.get("item") or {}
        match event.get("type"):
            case "thread.started":
                self.session = str(event.get("thread_id", ""))
            case "item.started" | "item.completed" if item.get("type") != "error":
                self.began = True
                self._hear_item(item)
            case "turn.completed":
                self.uses = (ModelUse(self._model, codex_usage(event.get("usage") or {})),)
            case "turn.failed" | "error":
                self.complaint = _words(event.get("error") or event)

    def _hear_item(self, item: dict[str, Any]) -> None:
        if item.get("type") == "agent_message":
            self.text = str(item.get("text", ""))
        elif item.get("type") == "file_change" and item.get("status") == "completed":
            self.changed.update({str(change.get("path")): None for change in item.get("changes") or ()})


def _words(error: dict[str, Any]) -> str:
    """The message; a provider's own error comes as JSON inside it."""
    message = str(error.get("message", ""))
    try:
        inner = json.loads(message)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        inner = message
    return " ".join(str(inner).split())


def _failure(words: str) -> type[TierError]:
    said = words.lower()
    if "usage limit" in said:
        return UsageLimit
    if any(mark in said for mark in _TRANSIENT):
        return Transient
    if any(mark in said for mark in _LOGIN):
        return NotLoggedIn
    return Permanent
