"""The gate before every route, /mcp and the page included: for whom is this, from where, and who asks?"""

from __future__ import annotations

import asyncio
import base64
import binascii
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from search_api.caller import LOCAL, Caller
from search_api.errors import (
    AccessRefused,
    HostRefused,
    KeyExpired,
    KeyMissing,
    KeyRejected,
    OriginRefused,
    SearchError,
)
from search_api.problem import problem_response
from search_api.rate import RateLimit

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from search_api.options import ApiOptions

# Probes of a supervisor hold no key, and the replies hold nothing of any repository.
OPEN_PATHS = frozenset({"/healthz", "/readyz"})

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Gate:
    """ASGI middleware that refuses a request, or passes it on with `request.state.caller`.

    SECURITY: the only place where a caller gets a scope. What stands behind it can be reached no other way.
    """

    def __init__(self, app: ASGIApp, options: ApiOptions) -> None:
        self.app = app
        self._options = options
        self._rate = RateLimit(options.requests_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Settle the caller, or answer with a problem."""
        if scope["type"] == "http":
            try:
                self._check_addressee(scope)
                scope.setdefault("state", {})["caller"] = await self._caller(scope)
            except SearchError as error:
                reply = problem_response(error)
                if isinstance(error, AccessRefused):
                    _challenge(reply, from_browser="text/html" in Headers(scope=scope).get("accept", ""))
                await reply(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _check_addressee(self, scope: Scope) -> None:
        """A page of another site may make a browser send requests here, under a name that it points at us."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        arrived_at = (scope.get("server") or ("",))[0]
        name = _name(f"//{host}")
        if name not in _LOOPBACK | self._options.hosts | {arrived_at}:
            raise HostRefused(
                f"{host[:80]!a} is not a name of this server; add it to api.allowed_hosts in repos.toml."
            )
        origin = headers.get("origin")
        if origin is None or origin.partition("://")[2] == host or _name(origin) in self._options.hosts:
            return
        raise OriginRefused(
            f"A page of {origin[:80]!a} may not ask this server; open its own page, or ask without a browser."
        )

    async def _caller(self, scope: Scope) -> Caller:
        if scope["path"] in OPEN_PATHS:
            return LOCAL
        token = _token(Headers(scope=scope).get("authorization"))
        if token is None:
            if self._options.key_required:
                raise KeyMissing(
                    "Send a key as `Authorization: Bearer ndx_…`; `nightdex key create` makes one."
                )
            return LOCAL
        key = None if self._options.keys is None else await asyncio.to_thread(self._options.keys.find, token)
        state = "unknown" if key is None else key.state(datetime.now(UTC))
        if key is None or state == "revoked":
            raise KeyRejected(
                "There is no such key, or it was revoked; `nightdex key create` makes a new one."
            )
        if state == "expired":
            raise KeyExpired(
                f"Key {key.id} expired at {key.expires_at}; `nightdex key create` makes a new one."
            )
        self._rate.count(key.id)
        return Caller(key.id, key.repos)


def _name(address: str) -> str | None:
    """The host of an address, lower case, without port and brackets."""
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _challenge(reply: Response, *, from_browser: bool) -> None:
    reply.headers.append("WWW-Authenticate", 'Bearer realm="nightdex"')
    if from_browser:
        # Makes a browser ask for the key, so that the page needs no script and no cookie for it.
        reply.headers.append("WWW-Authenticate", 'Basic realm="nightdex: a key as the password"')


def _token(authorization: str | None) -> str | None:
    """The key of a request, as a bearer token or as the password a browser asks for; None without either.

    Anything else counts as a key that is not ours.
    """
    if authorization is None:
        return None
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode("latin-1").partition(":")[2]
        except (binascii.Error, ValueError):
            return ""
    return value.strip() if scheme.lower() == "bearer" else ""
