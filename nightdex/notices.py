"""Telling somebody that a night failed: a webhook, a command, or both. One that breaks harms nothing."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from index_store.log import Log
from model_chain.daemon_threads import DaemonThreads
from nightdex.limits import MAX_NOTICE_CHARACTERS, MAX_NOTICE_NAMES, NOTICE_S

if TYPE_CHECKING:
    from nightdex.settings import Notify

log = Log(__name__)

# The systemd credential with a webhook's address, which is often a secret itself.
CREDENTIAL = "nightdex_notify_url"


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told, as the webhook gets it for its body and the command on standard input.

    Attributes:
        event: "failed" (nothing was published), "partial" (something was left undone) or "test".
        text: everything in one sentence, under the name that chat programs look for.
        host: the machine.
        generation: what serves now; 0 for none.
        repositories: those that failed, the first MAX_NOTICE_NAMES.
    """

    event: str
    text: str
    host: str
    generation: int = 0
    started_at: str = ""
    seconds: float = 0.0
    repositories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a notice on one channel; `problem` is "" where it arrived."""

    channel: str
    problem: str


def notice_of(event: str, sentence: str, report: Mapping[str, object] | None = None) -> Notice:
    """A notice of at most MAX_NOTICE_CHARACTERS, secrets taken out; `report` is that of the night."""
    from indexer.intake.secrets import redact  # noqa: PLC0415 - only a failure needs its rules

    host, report = socket.gethostname(), report or {}
    # SECURITY: a reason quotes what git and model servers said.
    told = redact(" ".join(sentence.split())).text
    if len(told) > MAX_NOTICE_CHARACTERS:
        told = told[: MAX_NOTICE_CHARACTERS - 1] + "…"
    listed = report.get("repositories")
    failed = [
        str(one["name"])
        for one in (listed if isinstance(listed, list) else ())
        if one.get("outcome") in {"stale", "failed"}
    ]
    return Notice(
        event,
        f"nightdex on {host}: {told}",
        host,
        int(str(report.get("generation", 0))),
        str(report.get("started_at", "")),
        float(str(report.get("seconds", 0.0))),
        tuple(failed[:MAX_NOTICE_NAMES]),
    )


def tell(settings: Notify, notice: Notice) -> None:
    """Send a notice wherever `settings` want it; what does not arrive is logged, and nothing is raised."""
    if notice.event == "partial" and settings.on == "failed":
        return
    for delivery in send(settings, notice):
        if delivery.problem:
            log.warning("notice_not_delivered", channel=delivery.channel, reason=delivery.problem)


def send(settings: Notify, notice: Notice, environ: Mapping[str, str] = os.environ) -> list[Delivery]:
    """Send a notice over every channel, NOTICE_S for each; nothing is raised."""
    body = json.dumps(asdict(notice)).encode()
    channels: list[tuple[str, Callable[[], str]]] = []
    if url := url_of(settings, environ):
        # SECURITY: the path of a webhook is its password; only the host is ever shown.
        channels.append((f"webhook at {urlsplit(url).hostname}", partial(_post, url, body)))
    if settings.command:
        channels.append((settings.command[0], partial(_run, settings.command, notice, body, environ)))
    # Neither a name server nor a host that answers byte by byte holds a night up.
    threads = DaemonThreads(len(channels), "notice")
    try:
        calls = [(name, threads.submit(call)) for name, call in channels]
        return [Delivery(name, _result(call.result)) for name, call in calls]
    finally:
        threads.close()


def url_of(settings: Notify, environ: Mapping[str, str] = os.environ) -> str:
    """The webhook's address: of repos.toml or the environment, else from systemd's credentials, else ""."""
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if settings.url or not folder:
        return settings.url or ""
    with contextlib.suppress(OSError):
        return Path(folder, CREDENTIAL).read_text().strip()
    return ""


def _result(wait: Callable[[float], str]) -> str:
    try:
        return wait(NOTICE_S + 1)
    except TimeoutError:
        return f"nothing came back within {NOTICE_S:g} s"


def _post(url: str, body: bytes) -> str:
    import httpx  # noqa: PLC0415 - a tenth of a second that only a failure pays

    try:
        headers = {"content-type": "application/json", "user-agent": "nightdex"}
        with httpx.stream("POST", url, content=body, headers=headers, timeout=NOTICE_S) as reply:
            status = reply.status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return str(error).replace(url, "the address") or type(error).__name__
    return "" if 200 <= status < 300 else f"it answered with status {status}"


def _run(command: Sequence[str], notice: Notice, body: bytes, environ: Mapping[str, str]) -> str:
    variables = {**environ, "NIGHTDEX_EVENT": notice.event, "NIGHTDEX_TEXT": notice.text}
    # Files, not pipes: what the command leaves running may keep them open.
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        given.write(body)
        given.seek(0)
        try:
            child = subprocess.Popen(
                command, stdin=given, stdout=subprocess.DEVNULL, stderr=said, env=variables,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            return f"it cannot be started: {error.strerror}"
        try:
            status = child.wait(NOTICE_S)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            return f"it did not end within {NOTICE_S:g} s and was killed"
        said.seek(0)
        last = said.read(MAX_NOTICE_CHARACTERS).decode("utf-8", "backslashreplace").strip()
    return "" if status == 0 else f"it ended with status {status}{': ' if last else ''}{last}"
