"""The socket in a state directory, through which its owner's commands ask a server. Both ends need this."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

SOCKET_NAME = "serve.sock"

# What a server says once it has read a question; a server that is stuck never does.
HEARD = b"."

# Of a socket's path, with the NUL that ends it (unix(7)).
MAX_PATH_BYTES = 108

_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid


@contextmanager
def socket_address(state_dir: str | os.PathLike[str]) -> Iterator[str]:
    """What to bind or to connect to, for the length of the block; any path has one, however long it is.

    Raises:
        OSError: the folder is not there.
    """
    path = os.path.join(state_dir, SOCKET_NAME)  # noqa: PTH118 - start-up time
    if len(os.fsencode(path)) < MAX_PATH_BYTES:
        yield path
        return
    folder = os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET_NAME}"
    finally:
        os.close(folder)


def is_same_user(other: socket.socket) -> bool:
    """Whether the process at the other end runs as who runs this one.

    SECURITY: the only place that decides whom either end talks to. A file system may have no rights to
    keep others from the socket; the kernel knows who is there all the same. Where it does not say so
    (elsewhere than on Linux) the answer is no.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return False
    _, uid, _ = _CREDENTIALS.unpack(other.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size))
    return bool(uid == os.geteuid())
