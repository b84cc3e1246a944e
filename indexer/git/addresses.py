"""Where a URL leads: not to this machine or a private network, unless repos.toml says so.

SECURITY: the night fetches unattended. Without this, whoever may change a name in the DNS lets it talk to
routers, databases, or the metadata service of a cloud.
"""

from __future__ import annotations

import ipaddress
import os
import socket

from indexer.errors import UrlRefused
from indexer.git.remotes import Remote

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Well-known translations of IPv4 (RFC 6052): the last four bytes are the address that is reached.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")

# Where clouds tell their machines who they are, credentials included; most others are link-local.
_METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192")))

_PROXIES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")


def pinned_addresses(remote: Remote, *, private_network: bool) -> dict[str, str]:
    """Settings that hold git to the addresses looked at here, whatever the DNS says a moment later.

    Only HTTPS can be held to them; ssh knows its hosts by their keys. A name that cannot be looked up here is
    left to ssh, whose configuration may explain it, and to a proxy.

    Raises:
        UrlRefused: the host has an address that is not for everybody, or none at all.
    """
    if remote.protocol == "file":
        return {}
    try:
        addresses = _look_up(remote)
    except OSError as error:
        if remote.protocol == "ssh" or any(os.environ.get(name) for name in _PROXIES):
            return {}
        raise UrlRefused(f"the address of {remote.host} is not known: {error.strerror or error}") from error
    for address in addresses:
        _check(remote.host, address, private_network=private_network)
    if remote.protocol != "https" or ":" in remote.host:  # ssh, or an address already
        return {}
    return {"http.curloptResolve": f"{remote.host}:{remote.port}:{','.join(map(_written, addresses))}"}


def check_literal_address(remote: Remote) -> None:
    """Refuse an address that stands in a URL itself, in any of its spellings; no name is looked up.

    Raises:
        UrlRefused: it is not for everybody.
    """
    try:
        addresses = _look_up(remote, socket.AI_NUMERICHOST) if remote.host else []
    except OSError:
        return  # a name
    for address in addresses:
        _check(remote.host, address, private_network=False)


def _look_up(remote: Remote, flags: int = 0) -> list[_Address]:
    found = socket.getaddrinfo(remote.host, remote.port, type=socket.SOCK_STREAM, flags=flags)
    names = dict.fromkeys(str(address[0]).partition("%")[0] for *_, address in found)
    return [ipaddress.ip_address(name) for name in names]


def _check(host: str, address: _Address, *, private_network: bool) -> None:
    reached = _reached(address)
    where = host if host == str(reached) else f"{host} ({reached})"
    if reached.is_link_local or reached.is_multicast or reached.is_unspecified or reached in _METADATA:
        raise UrlRefused(f"{where} is no address of a git server: correct the url in repos.toml")
    if not reached.is_global and not private_network:
        raise UrlRefused(
            f"{where} is an address of this machine or of a private network: if the url is meant to lead "
            "there, add private_network = true to it in repos.toml"
        )


def _reached(address: _Address) -> _Address:
    """The address at which packets to this one arrive."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64 or (address in _IPV4_COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address


def _written(address: _Address) -> str:
    return f"[{address}]" if address.version == 6 else str(address)
