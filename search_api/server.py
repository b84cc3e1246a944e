"""Serving over HTTP: one process, one event loop, stopped without cutting off a request."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from search_api.errors import AddressUnavailable, BindRefused
from search_api.limits import SHUTDOWN_GRACE_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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


def serve(options: ServiceOptions, *, announce: Callable[[str], None] = lambda _: None) -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests in flight.

    `announce` is called once with the address, when connections are accepted.

    Raises:
        BindRefused: the address is not a loopback one.
        AddressUnavailable: it cannot be listened on.
    """
    listening = listen(options.host, options.port)
    import uvicorn  # noqa: PLC0415 - FastAPI and uvicorn take 0.4 s that a command line must not pay

    from search_api.app import create_app  # noqa: PLC0415 - the same

    host, port = listening.getsockname()[:2]
    announce(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
    config = uvicorn.Config(
        create_app(options.state_dir, options.embedder_for),
        log_config=None,
        access_log=False,  # an access log would hold the queries
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
    )
    with listening:
        uvicorn.Server(config).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on a loopback address.

    SECURITY: nothing guards the API yet but the fact that other machines cannot reach it.

    Raises:
        BindRefused: the address is not a loopback one.
        AddressUnavailable: it cannot be listened on.
    """
    address = "127.0.0.1" if host == "localhost" else host
    try:
        loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise BindRefused(
            f"api.host is {host!a}, which other machines may reach, and there are no API keys to guard it; "
            "use 127.0.0.1."
        )
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
