"""Which URLs are fetched, over which protocol, and from which host."""

from __future__ import annotations

import re
from dataclasses import dataclass

from indexer.errors import UrlRefused
from indexer.git.command import without_credentials
from indexer.intake.secrets import holds_secret, redact

# Each part holds only what every program reads alike: curl would decode %2e in a host, and end it at a #.
# ssh would take a host that begins with a hyphen for an option. A longer name is no user's but a token.
_USER = r"(?:[\w.~+%-]{1,39}@)?"
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_HOST = rf"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<name>{_NAME}))"
_WITH_SCHEME = re.compile(
    rf"(?P<protocol>https|ssh)://{_USER}{_HOST}(?::(?P<port>\d{{1,5}}))?/[^\s?#]+", re.ASCII
)
_SCP_LIKE = re.compile(rf"(?:[A-Za-z0-9_][\w.+-]{{0,38}}@)?(?P<name>{_NAME}):(?!:)[^\s:-]\S*", re.ASCII)
_FILE = re.compile(r"file:///\S.*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PASSWORD = re.compile(r"\w+://[^/]*:[^/]*@")

_DEFAULT_PORTS = {"https": 443, "ssh": 22}


@dataclass(frozen=True, slots=True)
class Remote:
    """Where a URL leads: the one protocol git may use for it (https, ssh or file), host and port."""

    protocol: str
    host: str = ""
    port: int = 0


def holds_credentials(url: str) -> bool:
    """Tell whether a URL has a password or a token in it: it would be stored, and show in process lists."""
    return _PASSWORD.match(url) is not None or holds_secret(url)


def remote_of(url: str) -> Remote:
    """Take a URL apart.

    SECURITY: git would take `ext::…` for a command to run, and what begins with a hyphen for an option.

    Raises:
        UrlRefused: the URL has another form, or credentials in it.
    """
    if holds_credentials(url):
        raise UrlRefused(
            f"{redact(without_credentials(url)).text!r} had a password or token in it: take it out of "
            "the url in repos.toml, and leave it to git's credential helper or an ssh key"
        )
    if not _CONTROL.search(url):
        if found := _WITH_SCHEME.fullmatch(url):
            protocol = found["protocol"]
            return Remote(
                protocol, found["ipv6"] or found["name"], int(found["port"] or _DEFAULT_PORTS[protocol])
            )
        if _FILE.fullmatch(url):
            return Remote("file")
        if "://" not in url and (found := _SCP_LIKE.fullmatch(url)):
            return Remote("ssh", found["name"], _DEFAULT_PORTS["ssh"])
    raise UrlRefused(
        f"{without_credentials(url)!r} is not a URL nightdex fetches: "
        "use https://, ssh://, file:/// or user@host:path in repos.toml"
    )
