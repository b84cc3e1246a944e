"""`claude -p` as a reasoner and as a code agent, paid by a plan or by the token.

Both ways the program gets its input as a stream-json user message on standard input (nothing of it shows in
a process list) and answers in stream-json lines. No settings, plugins, hooks, MCP servers or memory of the
user are loaded, so a child can neither recurse nor be steered by what lies in the folder. Costs come from
`modelUsage`, which counts sub-agents too. Recorded from claude CLI 2.1.330.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from model_chain.backends.messages_stream import MessagesStream, content_blocks
from model_chain.cut import encodable
from model_chain.errors import (
    CliMissing,
    NotLoggedIn,
    Permanent,
    RateLimited,
    Refused,
    TierError,
    Transient,
    TurnLimit,
    UsageLimit,
)
from model_chain.limits import LONGEST_RETRY_PAUSE, PROVIDER_RETRIES, PROVIDER_WORDS
from model_chain.process import child_environment, find_command, model_process
from model_chain.protocol import CodeResult, CodeTask, Finished, Piece, Question
from model_chain.readiness import CLAUDE_KEY, CLAUDE_LOGINS
from model_chain.tiers import Tier
from model_chain.usage import ModelUse, claude_model_usage

COMMAND = "claude"
_VARIABLES = ("ANTHROPIC_BASE_URL", "CLAUDE_CONFIG_DIR", *CLAUDE_LOGINS)
_QUIET = {
    "DISABLE_TELEMETRY": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
}
_ALWAYS = (
    "--print", "--verbose", "--input-format", "stream-json", "--output-format", "stream-json",
    "--setting-sources", "", "--strict-mcp-config", "--no-session-persistence", "--disable-slash-commands",
    "--permission-mode",
)  # fmt: skip
_READING_TOOLS = "Bash,Read,Grep,Glob"
_WRITING_TOOLS = "Bash,Read,Grep,Glob,Edit,Write"
_SYNTHETIC = "<synthetic>"  # the model of messages that the program writes itself: errors, interruptions
_OVERLOADED = 529
_USED_UP = re.compile(r"hit your .*limit|usage limit reached|limit (?:will )?resets?\b")
_REVIEW = "Review the uncommitted changes of this repository (git status, git diff). Findings only."


class ClaudeCli:
    """Reasons without tools, or works in a folder with the program's own.

    While it may only read, the program's own judgement of a command's harmlessness applies: `grep` runs,
    `rm`, redirections and `find -exec` are denied.
    """

    def __init__(self, tier: Tier) -> None:
        self._tier = tier
        # A key in the environment takes precedence over the login: a flat tier would be billed by the token.
        self._variables = (
            *_VARIABLES,
            *((CLAUDE_KEY,) if tier.billing == "metered" else ()),
            *tier.environment,
        )

    async def reason(self, question: Question) -> AsyncGenerator[Piece, None]:
        """Stream the answer. A message the program starts anew voids the pieces before it."""
        options = [
            "default", "--model", self._tier.model, "--tools", "", "--include-partial-messages",
            "--system-prompt", question.instructions,
        ]  # fmt: skip
        more = {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": str(question.max_tokens)}
        stream = MessagesStream()
        with tempfile.TemporaryDirectory(prefix="nightdex-ask-") as empty:
            run = self._run(options, content_blocks(question), Path(empty), stream, more)
            async with aclosing(run) as lines:
                async for line in lines:
                    match line.get("type"):
                        case "stream_event":
                            for piece in stream.pieces(line.get("event") or {}):
                                yield piece
                        case "assistant":
                            message = line.get("message") or {}
                            if (
                                message.get("model") != _SYNTHETIC
                                and message.get("id") not in stream.streamed
                            ):
                                for piece in stream.whole(message):
                                    yield piece
                        case "result":
                            cut_off = stream.stop_reason == "max_tokens"
                            yield Finished(_uses(line), str(line.get("session_id", "")), cut_off)

    async def work(self, task: CodeTask) -> CodeResult:
        """Do a task; in a folder it may only read, whatever would change something is denied."""
        tools = _WRITING_TOOLS if task.writable else _READING_TOOLS
        options = [
            "acceptEdits" if task.writable else "default", "--model", self._tier.model, "--tools", tools,
            "--max-turns", str(task.max_turns), *self._budget(task.budget),
        ]  # fmt: skip
        # A text that begins with a slash would be taken for one of the program's own commands.
        asked = [{"type": "text", "text": f"Task:\n{encodable(task.instruction)}"}]
        changed: dict[str, None] = {}
        run = self._run(options, asked, task.folder, MessagesStream(), {})
        async with aclosing(run) as lines:
            async for line in lines:
                if line.get("type") == "assistant":
                    changed.update(dict.fromkeys(_edited(line.get("message") or {})))
                elif line.get("type") == "result":
                    denied = [_denial(denial) for denial in line.get("permission_denials") or ()]
                    text, session = str(line.get("result", "")), str(line.get("session_id", ""))
                    return CodeResult(text, _uses(line), tuple(changed), tuple(denied), session)
        raise AssertionError("_run ends with a result or an error")

    async def review(self, folder: Path, instruction: str) -> CodeResult:
        """Review what is not committed, reading only."""
        return await self.work(CodeTask(f"{_REVIEW}\n{instruction}", folder))

    def _budget(self, budget: object) -> list[str]:
        return ["--max-budget-usd", str(budget)] if budget and self._tier.billing == "metered" else []

    async def _run(
        self,
        options: Sequence[str],
        content: Sequence[Mapping[str, Any]],
        folder: Path,
        stream: MessagesStream,
        more: Mapping[str, str],
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Every line of one run; the last one is a result that is no error.

        Raises:
            TierError: the program says so, gives up, or ends without a result.
        """
        command = find_command(self._tier.command or COMMAND)
        if command is None:
            raise CliMissing(
                f"{self._tier.command or COMMAND} is not on PATH: install Claude Code, or set "
                f"chain.tiers.{self._tier.name}.command."
            )
        environment = {**child_environment(self._variables), **_QUIET, **more}
        given = json.dumps({"type": "user", "message": {"role": "user", "content": list(content)}}) + "\n"
        async with (
            model_process(
                [command, *_ALWAYS, *options], environment=environment, folder=folder, given=given.encode()
            ) as process,
            aclosing(process.lines()) as lines,
        ):
            async for line in lines:
                if line.get("type") == "system" and line.get("subtype") == "api_retry":
                    _give_up_early(line, stream)
                if line.get("type") == "result":
                    _check(line)
                    yield line
                    return
                yield line
        words = process.complaint[-PROVIDER_WORDS:] or f"exit status {process.status}"
        raise Transient(f"claude ended without a result: {words}.", uses=stream.uses)


def _uses(result: Mapping[str, Any]) -> tuple[ModelUse, ...]:
    usage = result.get("modelUsage") or {}
    return tuple(ModelUse(model, claude_model_usage(entry)) for model, entry in usage.items())


def _give_up_early(line: Mapping[str, Any], stream: MessagesStream) -> None:
    """The program would retry for an hour, and even a key that is refused; the caller will not wait."""
    status, pause = line.get("error_status"), float(line.get("retry_delay_ms") or 0) / 1000
    said = f"claude is told {status or 'nothing'} ({line.get('error') or 'no reason'})"
    if status in (401, 403):
        raise NotLoggedIn(f"{said}: run `claude` and log in, or check the key.", uses=stream.uses)
    if pause > LONGEST_RETRY_PAUSE or int(line.get("attempt") or 0) > PROVIDER_RETRIES:
        kind = RateLimited if status == 429 else Transient
        raise kind(f"{said} again and again.", uses=stream.uses, retry_after=pause or None)


def _check(result: Mapping[str, Any]) -> None:
    """Raise what a result says went wrong."""
    uses, status = _uses(result), result.get("api_error_status")
    words = "; ".join(str(error) for error in result.get("errors") or ()) or str(result.get("result", ""))
    words = " ".join(words.split())[:PROVIDER_WORDS].rstrip(".")
    if result.get("subtype") == "error_max_turns":
        raise TurnLimit(f"claude: {words}; raise the turns, or ask for less.", uses=uses)
    if result.get("stop_reason") == "refusal":
        raise Refused(f"claude: {words or 'the model declines to answer this'}.", uses=uses)
    if result.get("is_error"):
        raise _failure(words, status)(f"claude: {words}.", uses=uses)


def _failure(words: str, status: object) -> type[TierError]:
    said = words.lower()
    if _USED_UP.search(said):
        return UsageLimit
    if status in (401, 403) or "/login" in said or "not logged in" in said:
        return NotLoggedIn
    if status == 429:
        return RateLimited
    if isinstance(status, int) and (status >= 500 or status == _OVERLOADED):
        return Transient
    return Permanent


def _edited(message: Mapping[str, Any]) -> list[str]:
    calls = [block for block in message.get("content") or () if block.get("type") == "tool_use"]
    return [
        str((call.get("input") or {}).get("file_path"))
        for call in calls
        if call.get("name") in ("Edit", "Write")
    ]


def _denial(denial: Mapping[str, Any]) -> str:
    given = denial.get("tool_input") or {}
    return f"{denial.get('tool_name')}: {given.get('command') or given.get('file_path') or ''}"[
        :PROVIDER_WORDS
    ]
