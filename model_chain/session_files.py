"""Operations that Claude Code and Codex already logged on disk, each counted once.

Claude Code (`~/.claude/projects/**/*.jsonl`): every content block of a reply repeats the reply's id and
usage, and a resumed session repeats earlier lines in a new file; the reply's id is the key, its last line
wins. Codex (`~/.codex/sessions/**/rollout-*.jsonl`): `token_count` events carry running totals and may
repeat; differences are counted. The layouts are those of Claude Code 2.x and Codex 0.1xx as publicly
described; a line that does not fit is skipped, never guessed at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from model_chain.ledger import Operation
from model_chain.limits import LONGEST_SESSION_LINE
from model_chain.tiers import Billing
from model_chain.usage import Tokens, anthropic_usage, codex_usage

_NOT_A_MODEL = "<synthetic>"  # Claude Code's own messages (errors, interruptions) carry this name


def claude_sessions(folder: Path, billing: Billing = "flat") -> list[Operation]:
    """The model calls in Claude Code's session files under a folder, oldest file first."""
    found: dict[str, Operation] = {}
    for path in sorted(folder.rglob("*.jsonl")):
        for line in _lines(path):
            message = line.get("message")
            if line.get("type") != "assistant" or not isinstance(message, dict):
                continue
            usage, model, reply = message.get("usage"), message.get("model"), message.get("id")
            if (
                not isinstance(usage, dict)
                or not isinstance(model, str)
                or not reply
                or model == _NOT_A_MODEL
            ):
                continue
            key = f"claude:{reply}"
            at = _moment(line)
            if at is None:
                continue
            first = found.get(key)
            tokens, reason = anthropic_usage(usage), f"session file {path.name}"
            found[key] = Operation(
                _tier(model), model, billing, "session", tokens, "import", reason,
                at=first.at if first else at, session=str(line.get("sessionId", path.stem)), key=key,
            )  # fmt: skip
    return list(found.values())


def codex_sessions(folder: Path, billing: Billing = "flat") -> list[Operation]:
    """The model calls in Codex's rollout files under a folder."""
    found: dict[str, Operation] = {}
    for path in sorted(folder.rglob("rollout-*.jsonl")):
        session, model, seen = path.stem, "unknown", Tokens()
        for line in _lines(path):
            payload = line.get("payload")
            if not isinstance(payload, dict):
                continue
            if line.get("type") == "session_meta" and isinstance(payload.get("id"), str):
                session = payload["id"]
            elif line.get("type") == "turn_context" and isinstance(payload.get("model"), str):
                model = payload["model"]
            total = _running_total(payload)
            at = _moment(line)
            if total is None or at is None or total.total <= seen.total:
                continue
            key = f"codex:{session}:{total.total}"
            found[key] = Operation(
                _tier(model), model, billing, "session", total - seen, "import", f"session file {path.name}",
                at=at, session=session, key=key,
            )  # fmt: skip
            seen = total
    return list(found.values())


def _running_total(payload: dict[str, object]) -> Tokens | None:
    info = payload.get("info")
    if payload.get("type") != "token_count" or not isinstance(info, dict):
        return None
    total = info.get("total_token_usage")
    return codex_usage(total) if isinstance(total, dict) else None


def _lines(path: Path) -> Iterator[dict[str, object]]:
    with path.open("rb") as file:
        for raw in iter(lambda: file.readline(LONGEST_SESSION_LINE), b""):
            try:
                line = json.loads(raw)
            except (ValueError, RecursionError):
                continue  # a line cut off by a crash, or still being written
            if isinstance(line, dict):
                yield line


def _moment(line: dict[str, object]) -> float | None:
    try:
        return datetime.fromisoformat(str(line.get("timestamp"))).timestamp()
    except ValueError:
        return None


def _tier(model: str) -> str:
    for family in ("haiku", "opus", "codex"):
        if family in model:
            return family
    return "other"
