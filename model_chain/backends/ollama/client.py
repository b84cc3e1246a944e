"""One Ollama host: the official client, and its failures as errors of the model chain.

What a failure means was read from Ollama's source (server/routes.go, llm/server.go, 2026-08):

    400 "… exceeds the context length"       InputTooLong
    400 "embedding contains NaN …", 500 too  BadReply
    404                                      ModelMissing
    503 "server busy …", a proxy's 429       HostBusy: it heals
    500 "timed out waiting for … to start"   HostSilent: five minutes have passed already
    other 5xx, a reply that is not JSON      HostFailing: it heals, unless one text causes it
    other 4xx, redirects                     ModelRefused
    no connection, or one cut off            HostUnreachable: it heals
    no answer in time                        HostSilent: it heals, but is costly to try
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import httpx
import ollama
from pydantic import BaseModel

from model_chain.errors import (
    BadReply,
    InputTooLong,
    ModelError,
    ModelMissing,
    ModelRefused,
    ModelUnavailable,
)
from model_chain.limits import CONNECT_SECONDS

_TOO_LONG = ("context length", "context size", "too long")
_LOAD_TIMED_OUT = "timed out waiting for"
_BUSY = (httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS)


class HostUnreachable(ModelUnavailable):
    """The host takes no connection, or drops it."""


class HostBusy(ModelUnavailable):
    """The host's queue is full."""


class HostFailing(ModelUnavailable):
    """The host answers, with failures; a text that crashes the model looks like this too."""


class HostSilent(ModelUnavailable):
    """The host accepted the call and gave no answer in time."""


class _Version(BaseModel):
    version: str


class OllamaClient(ollama.Client):
    """The official client with timeouts (it has none), no redirects and no proxies.

    SECURITY: source code goes to the configured host and nowhere else, whatever it answers.
    """

    def __init__(self, host: str, read_seconds: float) -> None:
        timeout = httpx.Timeout(read_seconds, connect=CONNECT_SECONDS)
        super().__init__(host, timeout=timeout, follow_redirects=False, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def version(self) -> str:
        """The version of the server, for which the official client has no call."""
        return self._request(_Version, "GET", "/api/version").version

    def chat_whole(
        self,
        model: str,
        messages: Sequence[Mapping[str, str]],
        options: Mapping[str, int],
        *,
        think: bool | None,
    ) -> ollama.ChatResponse:
        """One reply from /api/chat; a prompt that does not fit is refused instead of losing its head.

        The official `chat` cannot say `truncate`, and without it an over-long prompt silently
        keeps four tokens and the tail: the instructions are gone and the status is 200.
        """
        body = {"model": model, "messages": list(messages), "options": dict(options)}
        thinking = {} if think is None else {"think": think}
        request = {**body, **thinking, "stream": False, "truncate": False, "shift": False}
        return self._request(ollama.ChatResponse, "POST", "/api/chat", json=request)


@contextmanager
def translated_errors(host: str, model: str) -> Iterator[None]:
    """Whatever the client raises comes out as a ModelError that says what to do."""
    try:
        yield
    except ollama.ResponseError as error:
        raise _from_status(error, host, model) from error
    except (httpx.ReadTimeout, httpx.WriteTimeout, httpx.PoolTimeout) as error:
        raise HostSilent(f"{host} did not answer in time; see its log, or restart it.") from error
    except (ConnectionError, httpx.HTTPError) as error:
        reason = "the connection failed" if isinstance(error, ConnectionError) else _brief(error)
        raise HostUnreachable(f"{host} cannot be reached ({reason}); start Ollama there.") from error
    except (ValueError, TypeError, AttributeError) as error:
        # HTML, JSON cut short, `{"error": …}` under status 200; the client itself trips over `null`.
        raise HostFailing(
            f"{host} answered with something that is not Ollama's JSON: {_brief(error)}."
        ) from error


def _from_status(error: ollama.ResponseError, host: str, model: str) -> ModelError:
    said = _brief(error.error) or "no message"
    status = error.status_code
    if status == httpx.codes.NOT_FOUND:
        return ModelMissing(f"{host} does not have the model: run `ollama pull {model}` there ({said}).")
    if "NaN" in said:
        return BadReply(f"{model} on {host} gave values that are not numbers: {said}.")
    if status in _BUSY:
        return HostBusy(f"{host} is busy ({said}); lower the parallelism, or raise OLLAMA_MAX_QUEUE.")
    if httpx.codes.is_server_error(status):
        return _failing(said, status, host, model)
    return _refusing(said, status, host, model)


def _failing(said: str, status: int, host: str, model: str) -> ModelError:
    if _LOAD_TIMED_OUT in said:
        return HostSilent(f"{host} could not load {model} in time ({said}); see its log.")
    return HostFailing(f"{host} failed with status {status}: {said}; see its log.")


def _refusing(said: str, status: int, host: str, model: str) -> ModelError:
    if status == httpx.codes.BAD_REQUEST and any(words in said for words in _TOO_LONG):
        return InputTooLong(f"The text is too long for {model} on {host}: {said}.")
    if status == httpx.codes.FORBIDDEN:
        return ModelRefused(f"{host} takes no calls under that name ({said}); set OLLAMA_HOST=0.0.0.0 there.")
    return ModelRefused(f"{host} refuses {model} with status {status}: {said}.")


def _brief(error: object) -> str:
    """The first line, short enough for a report that lists thousands."""
    lines = str(error).strip().splitlines()
    return lines[0][:200].rstrip(".") if lines else ""
