"""What a service tells systemd: that it is ready, and alive. Elsewhere nobody listens.

The protocol is of sd_notify(3): one datagram of KEY=VALUE lines to the socket that NOTIFY_SOCKET names.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping

READY = "READY=1"
ALIVE = "WATCHDOG=1"
DEFAULT_BEAT_S = 30.0


def notify(*lines: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Send the lines; return whether somebody took them; nothing is raised."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    # An "@" stands for the zero byte of an abstract address.
    target = "\0" + address[1:] if address.startswith("@") else address
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.settimeout(0)
        channel.sendto("\n".join(lines).encode(), target)
        return True
    return False


def beat_interval(environ: Mapping[str, str] = os.environ) -> float:
    """Seconds between signs of life: half of what systemd waits for, or a default where it waits for none."""
    waits, process = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not waits.isdecimal() or int(waits) == 0 or (process and process != str(os.getpid())):
        return DEFAULT_BEAT_S
    return int(waits) / 2_000_000
