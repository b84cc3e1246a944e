"""What git may see and do: environments and settings under which no repository can run code of its own.

A repository's own config is written by whoever made the repository. It can name programs for hooks, file
monitors, signature checks, filters and transports; each setting here closes one of those doors.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

# What a fetch needs of its user: keys, agents, proxies, certificates. Nothing else is passed on.
_USER_VARIABLES = (
    "HOME",
    "USER",
    "LOGNAME",
    "XDG_CONFIG_HOME",
    "SSH_AUTH_SOCK",
    "GIT_ASKPASS",
    "GIT_SSH_COMMAND",
    "GIT_SSL_CAINFO",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
)

_ALWAYS = {
    "LC_ALL": "C",  # git's words are matched and quoted: one language
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_LITERAL_PATHSPECS": "1",  # a file may be named :(glob)*
    "GIT_NO_REPLACE_OBJECTS": "1",  # a blob id must name the bytes that come back
}

_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "log.showSignature=false",
    "submodule.recurse=false",
)

_FETCH_SETTINGS = (
    "gc.autoDetach=false",
    "maintenance.autoDetach=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
    "http.followRedirects=false",  # only the address that was looked at
)


def reading_environment() -> Mapping[str, str]:
    """Everything git sees while it reads: no user or system config, no transport, no lazy fetch."""
    return {
        **_ALWAYS,
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ALLOW_PROTOCOL": "none",
    }


def fetching_environment(protocol: str, further: Mapping[str, str]) -> Mapping[str, str]:
    """Everything git sees while it fetches into a mirror of ours: one protocol, and the user's own config.

    The user's config is kept because proxies, certificates and credential helpers live there; the
    remote cannot write it. `further` settings go before it.
    """
    kept = {name: os.environ[name] for name in _USER_VARIABLES if name in os.environ}
    return {
        **kept,
        **_ALWAYS,
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_ALLOW_PROTOCOL": protocol,
        **as_variables(further),
    }


def as_variables(further: Mapping[str, str]) -> dict[str, str]:
    """Settings as variables: a name may hold what would end it on the command line."""
    pairs = [
        (f"GIT_CONFIG_{part}_{number}", word)
        for number, setting in enumerate(further.items())
        for part, word in zip(("KEY", "VALUE"), setting, strict=True)
    ]
    return {"GIT_CONFIG_COUNT": str(len(further)), **dict(pairs)}


def settings(directory: str, *, fetching: bool = False) -> list[str]:
    """Options that override what the repository at `directory` says of itself."""
    chosen = (*_SETTINGS, f"safe.directory={directory}", *(_FETCH_SETTINGS if fetching else ()))
    return [word for setting in chosen for word in ("-c", setting)]
