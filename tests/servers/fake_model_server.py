"""What the fake servers of hosted models share: requests written down, replies taken from a script.

A reply is a status with a JSON body, or server-sent events; it can be late, or cut in the middle.
"""

from __future__ import annotations

import gzip
import json
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Generic, Self, TypeVar

from tests.servers.cuttable import CuttableServer

Scripted = TypeVar("Scripted")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The whole body as JSON: for asserting that something is, or is not, in it."""
        return json.dumps(self.body, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What goes back. With `events` the body is a stream of them.

    Attributes:
        wait: seconds before the first byte.
        cut_after: events that are sent before the connection breaks.
    """

    status: int = 200
    body: Mapping[str, Any] = field(default_factory=dict)
    events: Sequence[tuple[str, Mapping[str, Any]]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    cut_after: int | None = None


class FakeModelServer:
    """Serves on 127.0.0.1 while it is entered. Subclasses know a provider's routes."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        self._server = CuttableServer(type("Handler", (_Handler,), {"fake": self}))
        self.url = f"http://127.0.0.1:{self._server.port}"

    def __enter__(self) -> Self:
        self._server.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop as a killed server does."""
        self._server.stop()

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than the server runs."""
        self._server.stopping.wait(seconds)

    def answer(self, request: Request) -> HttpReply:
        """What this server says to a request."""
        raise NotImplementedError

    def handle(self, request: Request) -> HttpReply:
        with self._lock:
            self.requests.append(request)
        return self.answer(request)


class Script(Generic[Scripted]):
    """Replies in order, then the last resort for ever. A function is asked with the request."""

    def __init__(self, replies: Sequence[Scripted | Callable[[Request], Scripted]], last: Scripted) -> None:
        self._replies = list(replies)
        self._last = last
        self._lock = threading.Lock()

    def add(self, *replies: Scripted | Callable[[Request], Scripted]) -> None:
        """Queue more replies."""
        with self._lock:
            self._replies.extend(replies)

    def next(self, request: Request) -> Scripted:
        """The reply to this request."""
        with self._lock:
            reply = self._replies.pop(0) if self._replies else self._last
        return reply(request) if callable(reply) else reply


def _decoded(raw: bytes, encoding: str) -> bytes:
    match encoding:
        case "gzip":
            return gzip.decompress(raw)
        case "deflate":
            return zlib.decompress(raw)
        case _:
            return raw


class _Handler(BaseHTTPRequestHandler):
    fake: FakeModelServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_HEAD(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers.get("content-length") or 0)
        raw = self.rfile.read(length)
        if len(raw) < length:  # the client was killed while it was asking
            self.close_connection = True
            return
        try:
            body = json.loads(_decoded(raw, headers.get("content-encoding", "")) or b"{}")
        except ValueError:
            body = {}
        reply = self.fake.handle(Request(self.command, self.path, headers, body))
        if reply.wait:
            self.fake.wait(reply.wait)
        self._send(reply)
        self.wfile.flush()

    def _send(self, reply: HttpReply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.events is None:
            content = json.dumps(reply.body).encode()
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)
            return
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for name, data in list(reply.events)[: reply.cut_after]:
            event = f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
            self.wfile.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
            self.wfile.flush()
        if reply.cut_after is None:
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the base class gives it
        pass
