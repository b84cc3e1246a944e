"""Pulling a model, with its progress. Ollama reports a failure inside the stream, under status 200."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import ollama

from model_chain.backends.ollama.client import OllamaClient, translated_errors
from model_chain.errors import PullFailed
from model_chain.limits import READ_SECONDS

_IN_STREAM = -1
_DONE = "success"


@dataclass(frozen=True, slots=True)
class PullStep:
    """One line of progress; `layer` is "" and both counts are 0 where nothing is being downloaded (bytes)."""

    status: str
    layer: str = ""
    total: int = 0
    completed: int = 0


def pull(url: str, model: str, read_seconds: float = READ_SECONDS) -> Iterator[PullStep]:
    """Let a host pull a model; it is complete when the iterator ends. What was downloaded is kept on failure.

    Raises:
        PullFailed: the registry does not have it, or the download broke off; the message has Ollama's words.
        ModelError: the host cannot be reached, or fell silent for `read_seconds`.
    """
    last = ""
    with OllamaClient(url, read_seconds) as client, translated_errors(url, model):
        try:
            for line in client.pull(model, stream=True):
                last = line.status or ""
                yield PullStep(last, line.digest or "", line.total or 0, line.completed or 0)
        except ollama.ResponseError as error:
            if error.status_code != _IN_STREAM:
                raise
            raise PullFailed(f"{url} could not pull {model}: {error.error}.") from error
    if last != _DONE:
        raise PullFailed(f"{url} broke the pull of {model} off; pull again, it goes on where it was.")
