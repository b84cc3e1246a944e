"""The Messages API on 127.0.0.1, scripted: for the anthropic package and for the real `claude` binary.

Field names, event order and errors are those recorded from claude CLI 2.1.330 and anthropic 2.12. Side
requests of the CLI (HEAD /, count_tokens, telemetry) are answered and take nothing from the script.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from tests.servers.fake_model_server import FakeModelServer, HttpReply, Request, Script

USAGE = {
    "input_tokens": 100,
    "cache_creation_input_tokens": 10,
    "cache_read_input_tokens": 1000,
    "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 7,
    "service_tier": "standard",
}
_NUMBERS = count()


@dataclass(frozen=True, slots=True)
class Reply:
    """One assistant message, or an error.

    Attributes:
        blocks: content blocks as a finished message has them (text with citations, tool_use).
        error: (type, message) of an error reply; `status` goes with it.
        cut_after: stop the stream dead after so many events.
        fail_after: send an `error` event (overloaded) after so many events of the stream.
    """

    blocks: Sequence[Mapping[str, Any]] = ()
    stop_reason: str = "end_turn"
    usage: Mapping[str, Any] = field(default_factory=lambda: USAGE)
    status: int = 200
    error: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    cut_after: int | None = None
    fail_after: int | None = None
    stop_details: Mapping[str, Any] | None = None


Scripted = Reply | Callable[[Request], Reply]


def says(text: str, *citations: Mapping[str, Any], **more: Any) -> Reply:
    """A text, with its citations."""
    block: dict[str, Any] = {"type": "text", "text": text}
    return Reply(({**block, "citations": list(citations)} if citations else block,), **more)


def cites(index: int, block: int, source: str, cited_text: str, title: str = "") -> dict[str, Any]:
    """A citation of one text block of one search_result."""
    return {
        "type": "search_result_location",
        "cited_text": cited_text,
        "source": source,
        "title": title,
        "search_result_index": index,
        "start_block_index": block,
        "end_block_index": block + 1,
    }


def uses_tool(name: str, arguments: Mapping[str, Any], text: str = "") -> Reply:
    """A turn that ends in a tool call."""
    spoken = ({"type": "text", "text": text},) if text else ()
    call = {"type": "tool_use", "id": f"toolu_{next(_NUMBERS)}", "name": name, "input": dict(arguments)}
    return Reply((*spoken, call), "tool_use")


def refuses(text: str = "") -> Reply:
    """The model declines: a stop reason, not an error."""
    reply = says(text) if text else Reply()
    return replace(reply, stop_reason="refusal", stop_details={"type": "refusal", "category": None})


def rate_limited(retry_after: int = 3600) -> Reply:
    """429 with the pause the provider asks for."""
    words = "This request would exceed your account's rate limit. Please try again later."
    return Reply(status=429, error=("rate_limit_error", words), headers={"retry-after": str(retry_after)})


def overloaded() -> Reply:
    """529."""
    return Reply(status=529, error=("overloaded_error", "Overloaded"))


def fails(status: int, kind: str, message: str) -> Reply:
    """Any other error, e.g. 401 authentication_error."""
    return Reply(status=status, error=(kind, message))


class FakeAnthropic(FakeModelServer):
    """Plays a script of replies; without one left it says "ok"."""

    def __init__(self, *script: Scripted) -> None:
        super().__init__()
        self.script: Script[Reply] = Script(script, says("ok"))

    @property
    def messages(self) -> list[Request]:
        """The requests for a message so far, side requests left out."""
        return [request for request in list(self.requests) if _is_message(request)]

    def answer(self, request: Request) -> HttpReply:
        if not _is_message(request):
            return _side_reply(request)
        if not (
            request.headers.get("x-api-key") or request.headers.get("authorization", "").startswith("Bearer ")
        ):
            return _error(fails(401, "authentication_error", "x-api-key header is required"))
        reply = self.script.next(request)
        if reply.error is not None:
            return _error(reply)
        message = _message(str(request.body.get("model")), reply)
        if not request.body.get("stream"):
            return HttpReply(body=message, headers=reply.headers, wait=reply.wait)
        events = _events(message)
        if reply.fail_after is not None:
            broken = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
            events = [*events[: reply.fail_after], ("error", broken)]
        return HttpReply(events=events, headers=reply.headers, wait=reply.wait, cut_after=reply.cut_after)


def _is_message(request: Request) -> bool:
    return request.method == "POST" and request.path.partition("?")[0] == "/v1/messages"


def _side_reply(request: Request) -> HttpReply:
    if request.path.partition("?")[0] == "/v1/messages/count_tokens":
        return HttpReply(body={"input_tokens": len(request.text) // 4})
    return HttpReply()


def _error(reply: Reply) -> HttpReply:
    kind, message = reply.error or ("api_error", "")
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_fake"}
    return HttpReply(reply.status, body, headers=reply.headers, wait=reply.wait)


def _message(model: str, reply: Reply) -> dict[str, Any]:
    return {
        "id": f"msg_fake{next(_NUMBERS)}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [dict(block) for block in reply.blocks],
        "stop_reason": reply.stop_reason,
        "stop_sequence": None,
        "stop_details": reply.stop_details,
        "usage": dict(reply.usage),
    }


def _events(message: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """A message as the stream that builds it."""
    usage = message["usage"]
    empty = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    events: list[tuple[str, dict[str, Any]]] = [("message_start", {"message": empty})]
    for index, block in enumerate(message["content"]):
        opened, deltas = _opened(block)
        events.append(("content_block_start", {"index": index, "content_block": opened}))
        if index == 0:
            events.append(("ping", {}))
        events += [("content_block_delta", {"index": index, "delta": delta}) for delta in deltas]
        events.append(("content_block_stop", {"index": index}))
    ending = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    if message["stop_details"] is not None:
        ending["stop_details"] = message["stop_details"]
    events.append(("message_delta", {"delta": ending, "usage": {"output_tokens": usage["output_tokens"]}}))
    events.append(("message_stop", {}))
    return [(name, {"type": name, **data}) for name, data in events]


def _opened(block: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    if block["type"] == "tool_use":
        arguments = json.dumps(block["input"])
        return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": arguments}]
    text = str(block["text"])
    middle = len(text) // 2
    pieces = [piece for piece in (text[:middle], text[middle:]) if piece]
    deltas: list[dict[str, Any]] = [{"type": "text_delta", "text": piece} for piece in pieces]
    deltas += [{"type": "citations_delta", "citation": cited} for cited in block.get("citations", ())]
    opened = {"type": "text", "text": ""}
    return ({**opened, "citations": []} if "citations" in block else opened), deltas
