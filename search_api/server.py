"""Serving over HTTP: one process, one event loop, stopped without cutting off a request."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from search_api.errors import AddressUnavailable, BindRefused
from search_api.limits import SHUTDOWN_GRACE_S, STARTUP_POLL_S
from search_api.options import DEFAULT_OPTIONS, ApiOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import uvicorn

    from search_api.retrieval.vector import EmbedderFor

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8321


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """What to serve, and where. Port 0 takes a free one."""

    state_dir: Path
    embedder_for: EmbedderFor
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    api: ApiOptions = DEFAULT_OPTIONS


@dataclass(frozen=True, slots=True)
class Heart:
    """What the event loop itself calls, every `interval` seconds: silence means that it is stuck."""

    beat: Callable[[], object]
    interval: float


def serve(
    options: ServiceOptions, *, announce: Callable[[str], None] = lambda _: None, heart: Heart | None = None
) -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests in flight.

    `announce` is called once with the address, when connections are accepted; `heart` as long as requests
    are answered.

    Raises:
        BindRefused: other machines could reach it, and there is no key to let anybody in with.
        AddressUnavailable: it cannot be listened on.
        KeysUnreadable: the keys cannot be read.
    """
    api = guarded(options.host, options.api)
    listening = listen(options.host, options.port)
    import uvicorn  # noqa: PLC0415 - FastAPI and uvicorn take 0.4 s that a command line must not pay

    from index_store.memory import leave_out_of_collections  # noqa: PLC0415 - pyarrow, the same
    from search_api.app import create_app  # noqa: PLC0415 - the same

    host, port = listening.getsockname()[:2]
    announce(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
    config = uvicorn.Config(
        create_app(options.state_dir, options.embedder_for, api),
        log_config=None,
        access_log=False,  # an access log would hold the queries
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
    )
    leave_out_of_collections()
    with listening, asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serving(uvicorn.Server(config), listening, heart))


async def _serving(server: uvicorn.Server, listening: socket.socket, heart: Heart | None) -> None:
    # uvicorn's own callback_notify falls silent for an hour when the clock is set back by one.
    beating = asyncio.create_task(_beating(server, heart)) if heart else None
    await server.serve(sockets=[listening])
    if beating:
        beating.cancel()


async def _beating(server: uvicorn.Server, heart: Heart) -> None:
    while True:
        if server.started:
            heart.beat()
        await asyncio.sleep(heart.interval if server.started else STARTUP_POLL_S)


def guarded(host: str, options: ApiOptions) -> ApiOptions:
    """The options to serve an address with: one that other machines can reach always asks for a key.

    SECURITY: the only place that decides whether the API may go without keys.

    Raises:
        BindRefused: a key is needed, and there is none that is valid.
        KeysUnreadable: the keys cannot be read.
    """
    if _is_loopback(host) and not options.key_required:
        return options
    if options.keys is None or not options.keys.any_valid():
        asked = (
            "api.require_key is set"
            if _is_loopback(host)
            else f"api.host is {host!a}, which other machines may reach"
        )
        raise BindRefused(
            f"{asked}, and there is no valid API key; make one with `nightdex key create`, or use 127.0.0.1."
        )
    return replace(options, key_required=True, hosts=options.hosts | {host.lower()})


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(_address(host)).is_loopback
    except ValueError:
        return False


def _address(host: str) -> str:
    return "127.0.0.1" if host == "localhost" else host


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        AddressUnavailable: it cannot be listened on.
    """
    address = _address(host)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
        listening.listen()
    except (OSError, OverflowError) as error:
        listening.close()
        raise AddressUnavailable(
            f"Cannot listen on {address}:{port} ({error}); stop what uses it or choose another port."
        ) from None
    return listening
