"""Ollama's routes and wire format over any runtime: what a scripted one and llama.cpp have in common.

Field names, statuses and messages are those of ollama/ollama (server/routes.go, api/types.go), 2026-08.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol, Self

from tests.servers.cuttable import CuttableServer

JSON = "application/json; charset=utf-8"
NDJSON = "application/x-ndjson"
_THEN = "2026-11-24T04:00:00.000000Z"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One installed model, as /api/tags, /api/show and /api/ps tell of it (sizes in bytes)."""

    name: str
    digest: str
    capabilities: tuple[str, ...]
    family: str
    context_length: int
    embedding_length: int
    size: int = 100_000_000
    on_cpu: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, and how its delivery goes wrong: late by `wait` seconds, cut after `cut_at` bytes."""

    status: int
    body: bytes
    content_type: str = JSON
    wait: float = 0.0
    cut_at: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived."""

    route: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Generated:
    """What a chat model produced."""

    pieces: tuple[str, ...]
    prompt_tokens: int
    done_reason: str = "stop"


class Refusal(Exception):
    """A request that Ollama answers with a status and `{"error": …}`."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status


class Runtime(Protocol):
    """What runs behind the routes."""

    def cards(self) -> Sequence[ModelCard]: ...

    def running(self) -> Sequence[ModelCard]: ...

    def pull(self, name: str) -> Iterator[dict[str, Any]]: ...

    def embed(
        self, card: ModelCard, inputs: Sequence[str], request: Mapping[str, Any]
    ) -> tuple[list[list[float]], int]: ...

    def chat(self, card: ModelCard, request: Mapping[str, Any]) -> Generated: ...


class OllamaServer:
    """Serves a runtime on 127.0.0.1; counts every call."""

    def __init__(self, runtime: Runtime, port: int = 0) -> None:
        self.runtime = runtime
        self.calls: list[Call] = []
        self._server = CuttableServer(_handler(self), port)
        self.stopping = self._server.stopping
        self.port = self._server.port
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._server.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop as a killed server does: the port is closed, connections are cut."""
        self._server.stop()

    def count(self, route: str) -> int:
        """Calls of one route so far."""
        return sum(call.route == route for call in list(self.calls))

    def answer(self, route: str, body: Mapping[str, Any]) -> Answer:
        """What this server says to a request."""
        try:
            return self._honest(route, body)
        except Refusal as refusal:
            return error_answer(refusal.status, str(refusal))

    def _honest(self, route: str, body: Mapping[str, Any]) -> Answer:
        routes: dict[str, Callable[[], Answer]] = {
            "/api/version": lambda: json_answer({"version": "0.12.6"}),
            "/api/tags": lambda: json_answer({"models": [_listed(card) for card in self.runtime.cards()]}),
            "/api/ps": lambda: json_answer({"models": [_running(card) for card in self.runtime.running()]}),
            "/api/show": lambda: json_answer(_shown(self._card(body))),
            "/api/pull": lambda: self._pull(body),
            "/api/embed": lambda: self._embed(body),
            "/api/chat": lambda: self._chat(body),
        }
        return routes.get(route, lambda: Answer(404, b"404 page not found", "text/plain"))()

    def _card(self, body: Mapping[str, Any]) -> ModelCard:
        for card in self.runtime.cards():
            if card.name == _full_name(body):
                return card
        raise Refusal(404, f"model '{body.get('model') or ''}' not found")

    def _embed(self, body: Mapping[str, Any]) -> Answer:
        given = body.get("input")
        if not isinstance(given, str | list) or not all(isinstance(one, str) for one in given):
            raise Refusal(400, "invalid input type")
        inputs = [given] if isinstance(given, str) else given
        card = self._card(body)
        if "embedding" not in card.capabilities:
            raise Refusal(400, f'"{body["model"]}" does not support embeddings')
        vectors, tokens = self.runtime.embed(card, inputs, body) if any(inputs) else ([], 0)
        reply = {"model": body["model"], "embeddings": vectors, "total_duration": 1_400_000}
        return json_answer({**reply, "load_duration": 1_000_000, "prompt_eval_count": tokens})

    def _chat(self, body: Mapping[str, Any]) -> Answer:
        card = self._card(body)
        if "completion" not in card.capabilities:
            raise Refusal(400, f'"{body["model"]}" does not support chat')
        if body.get("think") and "thinking" not in card.capabilities:
            raise Refusal(400, f'"{body["model"]}" does not support thinking')
        made = self.runtime.chat(card, body)
        last = {
            "done": True,
            "done_reason": made.done_reason,
            "total_duration": 5_000_000,
            "load_duration": 1_000_000,
            "prompt_eval_count": made.prompt_tokens,
            "prompt_eval_duration": 1_000_000,
            "eval_count": len(made.pieces),
            "eval_duration": 3_000_000,
        }
        if body.get("stream", True):
            lines = [*({"piece": piece, "done": False} for piece in made.pieces), {"piece": "", **last}]
        else:
            lines = [{"piece": "".join(made.pieces), **last}]
        records = [_chat_record(str(body["model"]), line) for line in lines]
        return ndjson_answer(records) if body.get("stream", True) else json_answer(records[0])

    def _pull(self, body: Mapping[str, Any]) -> Answer:
        lines = list(self.runtime.pull(_full_name(body)))
        if body.get("stream", True):
            return ndjson_answer(lines)
        return error_answer(500, lines[-1]["error"]) if "error" in lines[-1] else json_answer(lines[-1])


def pulled(card: ModelCard | None) -> Iterator[dict[str, Any]]:
    """What a pull of a model says, None for one that no registry has."""
    yield {"status": "pulling manifest"}
    if card is None:
        yield {"error": "pull model manifest: file does not exist"}
        return
    for completed in (0, card.size // 2, card.size):
        layer = f"sha256:{card.digest}"
        line = {"status": f"pulling {card.digest[:12]}", "digest": layer, "total": card.size}
        yield {**line, "completed": completed} if completed else line
    yield from ({"status": one} for one in ("verifying sha256 digest", "writing manifest", "success"))


def json_answer(body: Mapping[str, Any], status: int = 200) -> Answer:
    return Answer(status, json.dumps(body).encode())


def error_answer(status: int, error: str) -> Answer:
    return json_answer({"error": error}, status)


def ndjson_answer(lines: Iterator[dict[str, Any]] | Sequence[dict[str, Any]]) -> Answer:
    return Answer(200, b"".join(json.dumps(line).encode() + b"\n" for line in lines), NDJSON)


def _full_name(body: Mapping[str, Any]) -> str:
    asked = str(body.get("model") or "")
    return asked if ":" in asked else f"{asked}:latest"


def _chat_record(model: str, line: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": line.pop("piece")}
    return {"model": model, "created_at": _THEN, "message": message, **line}


def _listed(card: ModelCard) -> dict[str, Any]:
    details = {
        "parent_model": "",
        "format": "gguf",
        "family": card.family,
        "families": [card.family],
        "parameter_size": "137M",
        "quantization_level": "F16",
        "context_length": card.context_length,
        "embedding_length": card.embedding_length,
    }
    names = {"name": card.name, "model": card.name, "modified_at": _THEN}
    known = {"size": card.size, "digest": card.digest, "details": details}
    return {**names, **known, "capabilities": list(card.capabilities)}


def _shown(card: ModelCard) -> dict[str, Any]:
    sizes = {
        "general.architecture": card.family,
        f"{card.family}.context_length": card.context_length,
        f"{card.family}.embedding_length": card.embedding_length,
    }
    text = {
        "modelfile": f"FROM {card.name}",
        "template": "{{ .Prompt }}",
        "details": _listed(card)["details"],
    }
    return {**text, "model_info": sizes, "capabilities": list(card.capabilities), "modified_at": _THEN}


def _running(card: ModelCard) -> dict[str, Any]:
    in_vram = card.size - card.on_cpu
    memory = {"expires_at": _THEN, "size_vram": in_vram, "context_length": card.context_length}
    return {**_listed(card), **memory}


def _handler(ollama: OllamaServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._serve({})

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(length)
            self.close_connection = len(sent) < length  # the client was killed while it was asking
            if not self.close_connection:
                self._serve(json.loads(sent or b"{}"))

        def _serve(self, body: Mapping[str, Any]) -> None:
            ollama.calls.append(Call(self.path, body))
            answer = ollama.answer(self.path, body)
            if answer.wait:
                ollama.stopping.wait(answer.wait)
            whole = b"".join(self._parts(answer))
            self.wfile.write(whole[: answer.cut_at])
            self.wfile.flush()
            self.close_connection = answer.cut_at is not None

        def _parts(self, answer: Answer) -> Iterator[bytes]:
            yield f"HTTP/1.1 {answer.status} -\r\nContent-Type: {answer.content_type}\r\n".encode()
            if answer.content_type != NDJSON:
                yield f"Content-Length: {len(answer.body)}\r\n\r\n".encode() + answer.body
                return
            yield b"Transfer-Encoding: chunked\r\n\r\n"
            for line in answer.body.splitlines(keepends=True):
                yield f"{len(line):x}\r\n".encode() + line + b"\r\n"
            yield b"0\r\n\r\n"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the base class gives it
            pass

    return Handler
