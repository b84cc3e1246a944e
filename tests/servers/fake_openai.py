"""The Responses API on 127.0.0.1, scripted: for the real `codex` binary.

Codex reaches it through a `model_providers` entry with wire_api "responses"; see `provider_arguments`.
Other routes (the model list) are answered with 404 and take nothing from the script.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.servers.fake_model_server import FakeModelServer, HttpReply, Request, Script

KEY_VARIABLE = "FAKE_OPENAI_KEY"
USAGE = {
    "input_tokens": 1200,
    "input_tokens_details": {"cached_tokens": 800},
    "output_tokens": 50,
    "output_tokens_details": {"reasoning_tokens": 20},
    "total_tokens": 1250,
}
_NUMBERS = count()
_RESETS_AT = 1_900_000_000


@dataclass(frozen=True, slots=True)
class Reply:
    """One response, or an error.

    Attributes:
        items: output items as a finished response has them (message, function_call, custom_tool_call).
        error: (code, message) of an HTTP error; `status` and `details` go with it.
        failure: (code, message) of a `response.failed` event, which comes inside a stream of status 200.
        cut_after: stop the stream dead after so many events.
    """

    items: Sequence[Mapping[str, Any]] = ()
    usage: Mapping[str, Any] = field(default_factory=lambda: USAGE)
    status: int = 200
    error: tuple[str, str] | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    failure: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    cut_after: int | None = None


Scripted = Reply | Callable[[Request], Reply]


def says(text: str, **more: Any) -> Reply:
    """A final message."""
    content = [{"type": "output_text", "text": text, "annotations": []}]
    item = {"type": "message", "id": f"msg_{next(_NUMBERS)}", "role": "assistant", "content": content}
    return Reply(({**item, "status": "completed"},), **more)


def calls(name: str, arguments: Mapping[str, Any], namespace: str = "") -> Reply:
    """A function call, such as exec_command; an MCP server's tools stand in a namespace of its own."""
    call = f"call_{next(_NUMBERS)}"
    item = {"type": "function_call", "id": f"fc_{call}", "call_id": call, "name": name}
    if namespace:
        item["namespace"] = namespace
    return Reply(({**item, "arguments": json.dumps(arguments), "status": "completed"},))


def patches(patch: str) -> Reply:
    """An apply_patch call, in the form codex takes out of a shell command."""
    return calls("exec_command", {"cmd": f"apply_patch <<'EOF'\n{patch}\nEOF"})


def usage_limit() -> Reply:
    """429 as a ChatGPT plan sends it when its limit is reached."""
    details = {"plan_type": "plus", "resets_at": _RESETS_AT}
    return Reply(
        status=429, error=("usage_limit_reached", "The usage limit has been reached"), details=details
    )


def high_demand() -> Reply:
    """500, which Codex shows as high demand."""
    return Reply(status=500, error=("server_error", "The server had an error"))


def model_missing(model: str = "gpt-5.3-codex") -> Reply:
    """400: there is no such model for this key."""
    return Reply(status=400, error=("model_not_found", f"The model `{model}` does not exist"))


def provider_arguments(url: str, *, retries: int = 0) -> list[str]:
    """`-c` options that point codex at this server; the key is read from FAKE_OPENAI_KEY."""
    provider = (
        f'{{name="fake", base_url="{url}/v1", wire_api="responses", env_key="{KEY_VARIABLE}", '
        f"request_max_retries={retries}, stream_max_retries={retries}}}"
    )
    return ["-c", "model_provider=fake", "-c", f"model_providers.fake={provider}"]


class FakeOpenAI(FakeModelServer):
    """Plays a script of replies; without one left it says "ok"."""

    def __init__(self, *script: Scripted) -> None:
        super().__init__()
        self.script: Script[Reply] = Script(script, says("ok"))

    @property
    def responses(self) -> list[Request]:
        """The requests for a response so far."""
        return [request for request in list(self.requests) if _is_response(request)]

    def answer(self, request: Request) -> HttpReply:
        if not _is_response(request):
            return HttpReply(404, {"error": {"message": "not found", "type": "invalid_request_error"}})
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return HttpReply(401, {"error": {"message": "no API key", "type": "invalid_request_error"}})
        reply = self.script.next(request)
        if reply.error is not None:
            code, message = reply.error
            error = {"message": message, "type": code, "code": code, **reply.details}
            return HttpReply(reply.status, {"error": error}, headers=reply.headers, wait=reply.wait)
        return HttpReply(
            events=_events(reply), headers=reply.headers, wait=reply.wait, cut_after=reply.cut_after
        )


def _is_response(request: Request) -> bool:
    return request.method == "POST" and request.path.partition("?")[0] == "/v1/responses"


def _events(reply: Reply) -> list[tuple[str, dict[str, Any]]]:
    """A response as the stream that builds it."""
    identity = f"resp_{next(_NUMBERS)}"
    events: list[tuple[str, dict[str, Any]]] = [
        ("response.created", {"response": {"id": identity, "status": "in_progress", "output": []}})
    ]
    if reply.failure is not None:
        code, message = reply.failure
        failed = {"id": identity, "status": "failed", "error": {"code": code, "message": message}}
        events.append(("response.failed", {"response": failed}))
        return [(name, {"type": name, **data}) for name, data in events]
    for index, item in enumerate(reply.items):
        opened = {**item, "status": "in_progress"}
        events.append(("response.output_item.added", {"output_index": index, "item": opened}))
        for part in item.get("content", ()):
            delta = {"item_id": item["id"], "output_index": index, "content_index": 0, "delta": part["text"]}
            events.append(("response.output_text.delta", delta))
        events.append(("response.output_item.done", {"output_index": index, "item": dict(item)}))
    done = {"id": identity, "status": "completed", "output": list(reply.items), "usage": dict(reply.usage)}
    events.append(("response.completed", {"response": done}))
    return [(name, {"type": name, **data}) for name, data in events]
