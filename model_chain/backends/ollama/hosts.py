"""Several hosts as one: a call goes to whichever is free; a dead host is left out and tried again."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from model_chain.backends.ollama.client import (
    HostFailing,
    HostSilent,
    HostUnreachable,
    OllamaClient,
    translated_errors,
)
from model_chain.backends.ollama.installed import full_name
from model_chain.errors import ModelChanged, ModelMissing, ModelUnavailable
from model_chain.limits import (
    CALLS_PER_HOST,
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    QUERY_PAUSE_SECONDS,
    QUERY_READ_SECONDS,
    READ_SECONDS,
    RETRIES,
    UNFIT_HOST_PAUSE_SECONDS,
)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for an answer, and how often to ask again what can heal (seconds)."""

    read: float = READ_SECONDS
    retries: int = RETRIES
    first_pause: float = FIRST_PAUSE_SECONDS
    longest_pause: float = LONGEST_PAUSE_SECONDS

    def pause(self, failures: int) -> float:
        """Seconds to leave a host alone after its n-th failure in a row."""
        return min(self.longest_pause, self.first_pause * 2.0 ** (failures - 1))


# A query is asked once on each host at most; a host that failed is asked again a second later.
QUERY_PATIENCE = Patience(read=QUERY_READ_SECONDS, retries=0, longest_pause=QUERY_PAUSE_SECONDS)


class _Host:
    """What is known about one host; guarded by the lock of its Hosts."""

    def __init__(self, url: str, read_seconds: float) -> None:
        self.url = url
        self.client = OllamaClient(url, read_seconds)
        self.running = 0
        self.failures = 0
        self.failed_at = 0.0
        self.retry_at = 0.0
        self.unfit = False
        self.verified_at: float | None = None


class Hosts:
    """Calls one model on several hosts. Thread-safe.

    Every host must hold the same build of the model: the first digest seen is the one all others must have.

    Attributes:
        digest: of the model, from /api/tags; "" until the first call, unless it was given.
        capacity: calls that may run at once, over all hosts.
        on_answer: told every answer and the seconds it took, from the thread that asked; it must not raise.
    """

    def __init__(self, model: str, urls: Sequence[str], patience: Patience, digest: str = "") -> None:
        self.model = model
        self.digest = digest
        self.capacity = CALLS_PER_HOST * len(urls)
        self.on_answer: Callable[[object, float], None] = lambda *_: None
        self._patience = patience
        self._hosts = [_Host(url, patience.read) for url in urls]
        self._changed = threading.Condition()

    def call(
        self,
        ask: Callable[[OllamaClient], Answer],
        *,
        repeat_failing: bool = True,
        digest_age: float = math.inf,
    ) -> Answer:
        """Ask the freest host; ask again, elsewhere where possible, what can heal.

        A timeout costs minutes and is tried once more only. With `repeat_failing` false a status of 5xx
        is raised at once: the caller is looking for the text that causes it. The digest of the host's
        model is looked up first where it was last seen more than `digest_age` seconds ago.

        Raises:
            ModelError: the answer of the last attempt, or what no attempt can heal.
        """
        attempts = self._patience.retries + len(self._hosts)
        silences = 0
        while True:
            host = self._take()
            started = time.monotonic()
            try:
                with translated_errors(host.url, self.model):
                    self._verify(host, digest_age)
                    answer = ask(host.client)
            except ModelUnavailable as error:
                # With another host at work, a dead one costs this call nothing but its turn.
                attempts -= not (isinstance(error, HostUnreachable) and self._another_works(host))
                silences += isinstance(error, HostSilent)
                if isinstance(error, HostFailing) and not repeat_failing:
                    raise
                self._leave_out(host, started)
                if attempts < 1 or silences > len(self._hosts):
                    raise
            except (ModelMissing, ModelChanged):
                if not self._leave_out_unfit(host):
                    raise
            else:
                host.failures, host.unfit = 0, False
                self.on_answer(answer, time.monotonic() - started)
                return answer
            finally:
                self._give_back(host)

    def confirm(self) -> None:
        """Look the digest up again wherever the model was used.

        Raises:
            ModelChanged: somebody pulled another build of the model; nothing asked since then may be kept.
        """
        for host in self._hosts:
            if host.verified_at is None:
                continue
            host.verified_at = None
            try:
                with translated_errors(host.url, self.model):
                    self._verify(host, digest_age=0.0)
            except ModelUnavailable:
                continue  # it is verified before it is used again

    def close(self) -> None:
        """Close every connection; calls after this fail."""
        for host in self._hosts:
            host.client.close()

    def _take(self) -> _Host:
        with self._changed:
            while True:
                now = time.monotonic()
                free = [host for host in self._hosts if host.running < CALLS_PER_HOST]
                ready = [host for host in free if host.retry_at <= now]
                if ready:
                    host = min(ready, key=lambda one: (one.unfit, one.running, one.failures))
                    host.running += 1
                    return host
                self._changed.wait(min(one.retry_at for one in free) - now if free else None)

    def _give_back(self, host: _Host) -> None:
        with self._changed:
            host.running -= 1
            self._changed.notify_all()

    def _another_works(self, host: _Host) -> bool:
        with self._changed:
            return any(one is not host and not one.failures and not one.unfit for one in self._hosts)

    def _leave_out(self, host: _Host, started: float) -> None:
        with self._changed:
            host.verified_at = None
            # Calls that ran side by side fail together: that is one failure.
            if started >= host.failed_at:
                host.failures += 1
                host.failed_at = time.monotonic()
                host.retry_at = host.failed_at + self._patience.pause(host.failures)

    def _leave_out_unfit(self, host: _Host) -> bool:
        """Leave out a host that lacks the model; False where no other host is left."""
        with self._changed:
            host.unfit = True
            host.verified_at = None
            others = [one for one in self._hosts if not one.unfit]
            if others:
                host.retry_at = time.monotonic() + UNFIT_HOST_PAUSE_SECONDS
            return bool(others)

    def _verify(self, host: _Host, digest_age: float) -> None:
        seen = host.verified_at
        if seen is not None and time.monotonic() - seen <= digest_age:
            return
        found = _digest(host.client, self.model)
        with self._changed:
            self.digest = self.digest or found
        if found != self.digest:
            raise ModelChanged(
                f"{host.url} has another build of {self.model} ({found[:12]} instead of {self.digest[:12]}): "
                f"run `ollama pull {self.model}` on every host, then rebuild."
            )
        host.verified_at = time.monotonic()


def find_model(model: str, urls: Sequence[str]) -> str:
    """The digest of a model on the first host that has it, without patience.

    Raises:
        ModelMissing: hosts answer, and none has it.
        ModelUnavailable: no host answers.
    """
    hosts = Hosts(model, urls, QUERY_PATIENCE)
    try:
        return hosts.call(lambda _: hosts.digest)
    finally:
        hosts.close()


def _digest(client: OllamaClient, model: str) -> str:
    wanted = full_name(model)
    for listed in client.list().models:
        if listed.model == wanted and listed.digest:
            return listed.digest
    raise ModelMissing(f"The model is not installed: run `ollama pull {model}`.")
