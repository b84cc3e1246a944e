"""An Ollama that fails on command: the wire format of the real one, and every way in which it goes wrong."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from model_chain.backends.ollama import Patience
from tests.servers.ollama_wire import (
    Answer,
    Generated,
    ModelCard,
    OllamaServer,
    Refusal,
    error_answer,
    pulled,
)

DIMENSION = 16
EMBED_MODEL = "nomic-embed-text"
CHAT_MODEL = "qwen2.5:14b"
NOMIC = ModelCard(
    f"{EMBED_MODEL}:latest", "0a109f422b47" + "e" * 52, ("embedding",), "nomic-bert", 2048, DIMENSION
)
QWEN = ModelCard(CHAT_MODEL, "7cdf5a0187d5" + "c" * 52, ("completion", "tools"), "qwen2", 32768, 5120)
GOOD_REPLY = "Takes its arguments, works on them as the code says, and gives the result back to the caller."

# A night's patience, a hundred times as fast.
IMPATIENT = Patience(read=1.0, retries=3, first_pause=0.01, longest_pause=0.05)

_RUNNER_OPTIONS = ("num_ctx", "num_batch", "num_gpu")

# An honest answer in, the answer that is sent out.
Fault = Callable[[Answer], Answer]


class ScriptedRuntime:
    """Hashes texts into vectors and says what it was told to say; as slow as told, one call at a time.

    Attributes:
        replies: what the next chats say; GOOD_REPLY when there are none.
        loads: model and runner options, each time another combination is asked for.
        busy_seconds: time spent in model calls.
        registry: models that are not installed and can be pulled.
        pull_fails: how a pull breaks off once half of the model is there.
    """

    def __init__(self, cards: Sequence[ModelCard] = (NOMIC, QWEN)) -> None:
        self.models = list(cards)
        self.registry: list[ModelCard] = []
        self.pull_fails = ""
        self.replies: deque[str] = deque()
        self.loads: list[tuple[str, str]] = []
        self.seconds_per_text = 0.0
        self.seconds_per_reply = 0.0
        self.characters_per_token = 4.0
        self.busy_seconds = 0.0
        self._lock = threading.Lock()

    def cards(self) -> Sequence[ModelCard]:
        return self.models

    def running(self) -> Sequence[ModelCard]:
        return [card for card in self.models if self.loads and self.loads[-1][0] == card.name]

    def pull(self, name: str) -> Iterator[dict[str, Any]]:
        known = {card.name: card for card in (*self.registry, *self.models)}
        for line in pulled(known.get(name)):
            if self.pull_fails and "completed" in line:
                yield line
                yield {"error": self.pull_fails}
                return
            if line.get("status") == "success" and known[name] not in self.models:
                self.models.append(known[name])
            yield line

    def embed(
        self, card: ModelCard, inputs: Sequence[str], request: Mapping[str, Any]
    ) -> tuple[list[list[float]], int]:
        tokens = [self._tokens(text) + 2 for text in inputs]
        if max(tokens) > card.context_length and request.get("truncate", True) is False:
            raise Refusal(400, "the input length exceeds the context length")
        self._work(card, request, self.seconds_per_text * len(inputs))
        return [vector_of(text, card) for text in inputs], sum(tokens)

    def chat(self, card: ModelCard, request: Mapping[str, Any]) -> Generated:
        tokens = self._tokens("".join(message["content"] for message in request["messages"]))
        if tokens > request["options"]["num_ctx"] and request.get("truncate", True) is False:
            raise Refusal(400, "the input length exceeds the context length")
        self._work(card, request, self.seconds_per_reply)
        said = self.replies.popleft() if self.replies else GOOD_REPLY
        words = said.split(" ")
        pieces = [word if index == 0 else f" {word}" for index, word in enumerate(words)]
        kept = pieces[: request["options"].get("num_predict", len(pieces))]
        return Generated(tuple(kept), tokens, "stop" if kept == pieces else "length")

    def _tokens(self, text: str) -> int:
        return int(len(text) / self.characters_per_token)

    def _work(self, card: ModelCard, request: Mapping[str, Any], seconds: float) -> None:
        options = request.get("options") or {}
        load = (card.name, json.dumps({name: options.get(name) for name in _RUNNER_OPTIONS}))
        with self._lock:
            if not self.loads or self.loads[-1] != load:
                self.loads.append(load)
            time.sleep(seconds)
            self.busy_seconds += seconds


class ScriptedOllama(OllamaServer):
    """Ollama with faults: `fail_next` spoils the next calls of a route, `poison` all calls with some text."""

    def __init__(self, runtime: ScriptedRuntime | None = None, port: int = 0) -> None:
        self.model = runtime or ScriptedRuntime()
        self.poison: dict[str, Fault] = {}
        self._next: dict[str, deque[Fault]] = {}
        self._always: dict[str, Fault] = {}
        super().__init__(self.model, port)

    def fail_next(self, route: str, *faults: Fault) -> None:
        """Spoil the next calls of a route, one fault a call."""
        self._next.setdefault(route, deque()).extend(faults)

    def fail_always(self, route: str, fault: Fault | None) -> None:
        """Spoil every call of a route from now on; None ends it."""
        self._always.pop(route, None)
        if fault:
            self._always[route] = fault

    def answer(self, route: str, body: Mapping[str, Any]) -> Answer:
        faults = self._next.get(route)
        if faults:
            return faults.popleft()(super().answer(route, body))
        if route in self._always:
            return self._always[route](super().answer(route, body))
        text = json.dumps(body, ensure_ascii=False)
        for marker, fault in self.poison.items():
            if marker in text:
                return fault(super().answer(route, body))
        return super().answer(route, body)


def fails(status: int, error: str) -> Fault:
    """A status with Ollama's error body."""
    return lambda _: error_answer(status, error)


NOT_FOUND = fails(404, "model 'nomic-embed-text' not found")
TOO_LONG = fails(400, "the input length exceeds the context length")
UNSUPPORTED = fails(400, '"nomic-embed-text" does not support embeddings')
QUEUE_FULL = fails(503, "server busy, please try again.  maximum pending requests exceeded")
RATE_LIMITED = fails(429, "too many requests")
OUT_OF_MEMORY = fails(
    500, "llama-server process has terminated: exit status 1: out-of-memory during startup: cudaMalloc failed"
)
CRASHED = fails(500, "llama-server process has terminated: signal: segmentation fault")
LOAD_TIMED_OUT = fails(500, "timed out waiting for llama-server to start - progress 0.83 - ")
NOT_A_NUMBER = fails(400, "embedding contains NaN or Inf values")
NOT_A_NUMBER_OLD = fails(500, "failed to encode response: json: unsupported value: NaN")


def host_not_allowed(_: Answer) -> Answer:
    """A Host header that OLLAMA_ORIGINS does not allow."""
    return Answer(403, b"", "text/plain")


def moved(_: Answer) -> Answer:
    """A redirect; a client that follows it sends the source code elsewhere."""
    return Answer(307, b"", "text/plain")


def html(_: Answer) -> Answer:
    """The page of a proxy, with a status that says all is well."""
    return Answer(200, b"<html><body>Welcome to nginx!</body></html>", "text/html")


def bad_gateway(_: Answer) -> Answer:
    """The page of a proxy whose upstream is gone."""
    return Answer(502, b"<html><body>502 Bad Gateway</body></html>", "text/html")


def null(_: Answer) -> Answer:
    """JSON, though not an object."""
    return Answer(500, b"null")


def short_list(answer: Answer) -> Answer:
    """One vector fewer than texts."""
    return _edited(answer, lambda body: body["embeddings"].pop())


def wrong_dimension(answer: Answer) -> Answer:
    """Vectors of another model."""
    return _edited(answer, lambda body: body.update(embeddings=[row[:-1] for row in body["embeddings"]]))


def literal_nan(answer: Answer) -> Answer:
    """NaN as JSON does not allow it and Python's parser does."""
    return _edited(answer, lambda body: body["embeddings"][0].__setitem__(0, float("nan")))


def zero_vector(answer: Answer) -> Answer:
    """A vector without length."""
    return _edited(answer, lambda body: body["embeddings"].__setitem__(0, [0.0] * len(body["embeddings"][0])))


def not_done(answer: Answer) -> Answer:
    """Broken off because the model repeated itself: status 200, done false."""
    return _edited(answer, lambda body: body.update(done=False, done_reason=""))


def cut_by_length(answer: Answer) -> Answer:
    """The reply reached num_predict."""
    return _edited(answer, lambda body: body.update(done_reason="length"))


def error_in_body(answer: Answer) -> Answer:
    """Status 200, then an error: what a stream says when the runner dies under it."""
    return replace(answer, body=b'{"error":"an error was encountered while running the model: EOF"}\n')


def without_last_line(answer: Answer) -> Answer:
    """A stream that ends before it has said how it went."""
    return replace(answer, body=b"".join(answer.body.splitlines(keepends=True)[:-1]))


def late(seconds: float) -> Fault:
    """The answer comes, after a model load for instance."""
    return lambda answer: replace(answer, wait=seconds)


def cut_at(byte: int) -> Fault:
    """The connection closes after so many bytes, head included."""
    return lambda answer: replace(answer, cut_at=byte)


HANG = late(3600.0)


def _edited(answer: Answer, edit: Callable[[dict[str, Any]], object]) -> Answer:
    body = json.loads(answer.body)
    edit(body)
    return replace(answer, body=json.dumps(body).encode())


def vector_of(text: str, card: ModelCard) -> list[float]:
    """A unit vector that depends on the text and on the model, as a real one does."""
    seed = hashlib.blake2b(f"{card.digest}\n{text}".encode(), digest_size=8).digest()
    drawn = np.random.default_rng(int.from_bytes(seed, "little")).standard_normal(card.embedding_length)
    return [float(value) for value in drawn / np.linalg.norm(drawn)]
