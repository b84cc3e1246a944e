"""Descriptions from a chat model on Ollama: one question a unit, one correction, then it gives up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import ollama

from model_chain.backends.ollama.client import HostFailing, OllamaClient
from model_chain.backends.ollama.hosts import Hosts, Patience
from model_chain.backends.ollama.prompt import INSTRUCTIONS, PROMPT_VERSION, correction, messages
from model_chain.errors import DescriptionRejected, InputTooLong, ModelError, ModelMissing
from model_chain.limits import (
    DIGEST_AGE_SECONDS,
    SHRINK_FACTOR,
    SUMMARY_CONTEXT_TOKENS,
    SUMMARY_REPLY_TOKENS,
)
from model_chain.protocol import CodeUnit, Description
from model_chain.validate import description_fault

# Identical in every call: a model that is asked with another num_ctx is loaded again.
RUNNER_OPTIONS = {
    "num_ctx": SUMMARY_CONTEXT_TOKENS,
    "num_predict": SUMMARY_REPLY_TOKENS,
    "temperature": 0,
    "seed": 1,
}

# A host that answers this although it fails on some code fails because of that code.
_PROBE = [{"role": "user", "content": "Say yes."}]

_ATTEMPTS = 2
_SMALLEST_SHARE = 0.1


class OllamaSummariser:
    """Describes code through one chat model on one or several Ollama hosts. Thread-safe."""

    def __init__(
        self,
        model: str,
        hosts: Sequence[str],
        patience: Patience | None = None,
        *,
        recorded: str | None = None,
    ) -> None:
        """Look the model up on the first host that answers; this does not load it.

        With `recorded`, the digest of an earlier look or "", nothing is asked before `connect`: the host may
        be down.

        Raises:
            ModelMissing: no host has the model, or it cannot chat.
            ModelUnavailable: no host answers.
        """
        self._model = model
        self._hosts = Hosts(model, hosts, patience or Patience(), recorded or "")
        self._think: bool | None = None
        if recorded is not None:
            return
        try:
            self.connect()
        except ModelError:
            self._hosts.close()
            raise

    def connect(self) -> None:
        """Make sure that a host answers and has the model, the recorded one if there is a record.

        Raises:
            ModelMissing: no host has the model, or it cannot chat.
            ModelChanged: every host has another build of it.
            ModelUnavailable: no host answers.
        """
        self._think = self._hosts.call(lambda client: _think(client, self._model))

    @property
    def provider(self) -> str:
        """Who runs the model."""
        return "ollama"

    @property
    def model(self) -> str:
        """The model's name."""
        return self._model

    @property
    def parallelism(self) -> int:
        """Calls that keep every host busy."""
        return self._hosts.capacity

    @property
    def digest(self) -> str:
        """The model's digest, from /api/tags; "" before the first connection, unless it was recorded."""
        return self._hosts.digest

    @property
    def prompt_version(self) -> int:
        """Changes with what the model is told."""
        return PROMPT_VERSION

    @property
    def source(self) -> str:
        """Model, digest and prompt, e.g. "qwen2.5:14b@7cdf5a0187d5+p1"."""
        return f"{self._model}@{self._hosts.digest[:12]}+p{PROMPT_VERSION}"

    def summarise(self, unit: CodeUnit) -> Description:
        """Describe one unit in 5 to 80 words that hold no name the code does not.

        Raises:
            DescriptionRejected: two replies in a row could not be used, or the host fails on this code and on
                no other; the message says why.
            ModelChanged: the model was replaced meanwhile.
            ModelError: no host answers.
        """
        share, suspected = 1.0, False
        while True:
            try:
                text = self._described(unit, share, repeat_failing=not suspected)
            except InputTooLong:
                share *= SHRINK_FACTOR
                if share < _SMALLEST_SHARE:
                    raise
            except HostFailing as error:
                if suspected:
                    raise DescriptionRejected(f"{self._model} fails on this code: {error}") from error
                self._ask(_PROBE)  # raises where the fault is the host's, not this unit's
                suspected = True
            else:
                return Description(text=text, source=self.source)

    def report_to(self, on_answer: Callable[[object, float], None]) -> None:
        """Tell somebody every answer of the model from now on, and the seconds it took."""
        self._hosts.on_answer = on_answer

    def close(self) -> None:
        """Close the connections."""
        self._hosts.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _described(self, unit: CodeUnit, share: float, *, repeat_failing: bool) -> str:
        question = messages(unit, share)
        said: list[dict[str, str]] = []
        fault: str | None = None
        for _ in range(_ATTEMPTS):
            reply = self._ask([*question, *said], repeat_failing=repeat_failing)
            text = reply.message.content or ""
            fault = _cut_off(reply) or description_fault(text, unit, INSTRUCTIONS)
            if fault is None:
                return " ".join(text.replace("`", "").split())
            said = correction(text, fault) if text.strip() else []
        raise DescriptionRejected(f"{self._model} gave no usable description: {fault}.")

    def _ask(self, conversation: list[dict[str, str]], *, repeat_failing: bool = True) -> ollama.ChatResponse:
        return self._hosts.call(
            lambda client: client.chat_whole(self._model, conversation, RUNNER_OPTIONS, think=self._think),
            repeat_failing=repeat_failing,
            digest_age=DIGEST_AGE_SECONDS,
        )


def _cut_off(reply: ollama.ChatResponse) -> str | None:
    """A reply that stopped for any reason but its own end says less than it meant to."""
    if not reply.done:
        return "it was broken off by the runtime"
    if reply.done_reason not in (None, "stop"):
        return f"it was cut off ({reply.done_reason})"
    return None


def _think(client: OllamaClient, model: str) -> bool | None:
    """False for a model that thinks unless told not to; None for one that refuses to be told.

    Raises:
        ModelMissing: the model cannot chat.
    """
    capabilities = client.show(model).capabilities
    if capabilities is not None and "completion" not in capabilities:
        raise ModelMissing(f"{model} cannot chat: choose a chat model, e.g. qwen2.5:14b.")
    return False if "thinking" in (capabilities or []) else None
