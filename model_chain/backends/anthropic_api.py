"""The Messages API as a reasoner: streamed, cited, without tools; pauses are capped and errors classified."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import anthropic
import httpx2  # the package's transport, whose errors come through when a stream breaks

from model_chain.backends.messages_stream import MessagesStream, content_blocks
from model_chain.errors import NotLoggedIn, Permanent, RateLimited, Refused, TierError, Transient
from model_chain.limits import (
    CONNECT_SECONDS,
    FIRST_PAUSE_SECONDS,
    LONGEST_RETRY_PAUSE,
    PROVIDER_RETRIES,
    PROVIDER_WORDS,
    TIER_SECONDS,
)
from model_chain.process import refuse_recursion
from model_chain.protocol import Finished, Piece, Question
from model_chain.readiness import CLAUDE_KEY, api_key
from model_chain.tiers import Tier

_OVERLOADED = 529


class AnthropicReasoner:
    """Asks one model of the Messages API. ANTHROPIC_BASE_URL points it at another server."""

    def __init__(self, tier: Tier) -> None:
        self._model = tier.model

    async def reason(self, question: Question) -> AsyncGenerator[Piece, None]:
        """Stream the answer; a failure before its first word is tried again, capped, a later one is not."""
        refuse_recursion()
        key = api_key()
        if not key:
            raise NotLoggedIn(f"{self._model} needs {CLAUDE_KEY} in the environment.")
        timeout = anthropic.Timeout(TIER_SECONDS, connect=CONNECT_SECONDS)
        # The package's own retries obey a retry-after of an hour to the letter.
        async with anthropic.AsyncAnthropic(api_key=key, max_retries=0, timeout=timeout) as client:
            for attempt in range(PROVIDER_RETRIES + 1):
                stream = MessagesStream()
                try:
                    async with aclosing(self._ask(client, question, stream)) as pieces:
                        async for piece in pieces:
                            yield piece
                except (anthropic.APIError, httpx2.HTTPError) as error:
                    failure = _classified(error, stream)
                    pause = failure.retry_after or FIRST_PAUSE_SECONDS * 2**attempt
                    final = attempt == PROVIDER_RETRIES or pause > LONGEST_RETRY_PAUSE or stream.streamed
                    if final or not isinstance(failure, Transient):
                        raise failure from error
                    await asyncio.sleep(pause)
                else:
                    return

    async def _ask(
        self, client: anthropic.AsyncAnthropic, question: Question, stream: MessagesStream
    ) -> AsyncGenerator[Piece, None]:
        message: Any = {"role": "user", "content": content_blocks(question)}
        events = await client.messages.create(
            model=self._model,
            max_tokens=question.max_tokens,
            system=question.instructions,
            messages=[message],
            stream=True,
        )
        async with events:
            async for event in events:
                for piece in stream.pieces(event.to_dict()):
                    yield piece
        if stream.stop_reason == "refusal":
            raise Refused(f"{self._model} declines to answer this.", uses=stream.uses)
        if not stream.stop_reason:
            raise Transient(f"{self._model} broke off in the middle of its answer.", uses=stream.uses)
        yield Finished(stream.uses, cut_off=stream.stop_reason == "max_tokens")


def _classified(error: Exception, stream: MessagesStream) -> TierError:
    """An error of the package as one of the chain's, with the provider's words."""
    words, uses = _words(error), stream.uses
    if not isinstance(error, anthropic.APIStatusError):
        return Transient(f"the Messages API broke off: {words}.", uses=uses)
    status, said = error.status_code, f"the Messages API says {error.status_code}: {words}."
    if status == 429:
        return RateLimited(said, uses=uses, retry_after=_retry_after(error))
    if status in (401, 403):
        return NotLoggedIn(said, uses=uses)
    # An error inside a stream comes under the stream's own status, which is 200.
    if status >= 500 or status in (200, 408, 409, _OVERLOADED):
        return Transient(said, uses=uses, retry_after=_retry_after(error))
    return Permanent(said, uses=uses)


def _words(error: Exception) -> str:
    body = getattr(error, "body", None)
    inner = body.get("error") if isinstance(body, dict) else None
    told = inner.get("message") if isinstance(inner, dict) else None
    return " ".join(str(told or error or type(error).__name__).split())[:PROVIDER_WORDS].rstrip(".")


def _retry_after(error: anthropic.APIStatusError) -> float | None:
    given = error.response.headers.get("retry-after", "")
    return float(given) if given.replace(".", "", 1).isdigit() else None
