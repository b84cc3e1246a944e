"""The Messages API's stream of events as pieces of an answer, and a question as its content blocks.

Both the anthropic package and `claude -p --include-partial-messages` speak it. Order (WIRE of the API):
message_start, content_block_start, content_block_delta (text_delta | citations_delta | …),
content_block_stop, message_delta (usage.output_tokens, stop_reason), message_stop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from model_chain.cut import encodable, estimated_tokens
from model_chain.protocol import Citation, Piece, Question, Restarted, Source, TextPiece
from model_chain.usage import ModelUse, Tokens, anthropic_usage

_EMPTY = "(empty)"


def content_blocks(question: Question) -> list[dict[str, Any]]:
    """The user message: every source as a search_result block that can be cited, then the question.

    SECURITY: retrieved text stands in search_result blocks only, never among the instructions.
    """
    asked = {"type": "text", "text": f"Question:\n{encodable(question.text)}"}
    return [*(_search_result(source) for source in question.sources), asked]


def _search_result(source: Source) -> dict[str, Any]:
    # An empty text block is refused by the API, with the whole request; left out, it would move the others.
    blocks = [
        {"type": "text", "text": encodable(block) if block.strip() else _EMPTY} for block in source.blocks
    ]
    return {
        "type": "search_result",
        "source": encodable(source.name),
        "title": encodable(source.title) or source.name,
        "content": blocks,
        "citations": {"enabled": True},
    }


class MessagesStream:
    """Follows the events of one call, over restarts.

    Attributes:
        stop_reason: of the last message, "" while it is being written.
        streamed: ids of the messages seen.
    """

    def __init__(self) -> None:
        self.stop_reason = ""
        self.streamed: set[str] = set()
        self._said = False
        self._written = ""
        self._open: ModelUse | None = None
        self._closed: list[ModelUse] = []

    @property
    def uses(self) -> tuple[ModelUse, ...]:
        """What was used so far; output of an unfinished message is estimated from its text."""
        if self._open is None:
            return tuple(self._closed)
        assert self._open.tokens is not None  # noqa: S101 - `_start` counts it
        written = Tokens(output=estimated_tokens(self._written)) if self._written else Tokens()
        return (*self._closed, ModelUse(self._open.model, self._open.tokens + written))

    def pieces(self, event: Mapping[str, Any]) -> Iterator[Piece]:
        """What one event adds to the answer."""
        match event.get("type"):
            case "message_start":
                yield from self._start(event.get("message") or {})
            case "content_block_delta":
                yield from self._delta(event.get("delta") or {})
            case "message_delta":
                self._finish(event)
            case "message_stop" if event.get("abandoned_blocks"):
                yield from self._restart()

    def whole(self, message: Mapping[str, Any]) -> Iterator[Piece]:
        """The pieces of a message that came without a stream, as after a broken one."""
        if message.get("id") in self.streamed and self._said:
            return
        yield from self._restart()
        for block in message.get("content") or ():
            if block.get("type") != "text":
                continue
            yield from self._delta({"type": "text_delta", "text": block.get("text", "")})
            for citation in block.get("citations") or ():
                yield from self._delta({"type": "citations_delta", "citation": citation})
        self.stop_reason = str(message.get("stop_reason") or self.stop_reason)

    def _start(self, message: Mapping[str, Any]) -> Iterator[Piece]:
        yield from self._restart()
        if self._open is not None:
            self._closed.extend(self.uses[-1:])
        self.streamed.add(str(message.get("id")))
        self.stop_reason, self._written = "", ""
        counted = anthropic_usage({**(message.get("usage") or {}), "output_tokens": 0})
        self._open = ModelUse(str(message.get("model", "unknown")), counted)

    def _delta(self, delta: Mapping[str, Any]) -> Iterator[Piece]:
        if delta.get("type") == "text_delta" and delta.get("text"):
            self._said = True
            self._written += delta["text"]
            yield TextPiece(delta["text"])
        elif delta.get("type") == "citations_delta" and (citation := _citation(delta.get("citation"))):
            yield citation

    def _finish(self, event: Mapping[str, Any]) -> None:
        delta, usage = event.get("delta") or {}, event.get("usage") or {}
        self.stop_reason = str(delta.get("stop_reason") or self.stop_reason)
        if self._open is not None and self._open.tokens is not None:
            output = Tokens(output=anthropic_usage(usage).output)
            self._closed.append(ModelUse(self._open.model, self._open.tokens + output))
            self._open = None

    def _restart(self) -> Iterator[Piece]:
        if self._said:
            self._said = False
            yield Restarted()


def _citation(given: object) -> Citation | None:
    """A citation of one of our search_result blocks; other kinds cannot be checked and are dropped."""
    if not isinstance(given, Mapping) or given.get("type") != "search_result_location":
        return None
    places = [given.get(name) for name in ("search_result_index", "start_block_index", "end_block_index")]
    if not all(isinstance(place, int) for place in places):
        return None
    index, first, end = (int(str(place)) for place in places)
    return Citation(str(given.get("source", "")), index, first, end, str(given.get("cited_text", "")))
