"""The gate before every route: who asks is settled here, before anything looks at the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search_api.caller import LOCAL

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class Gate:
    """ASGI middleware that names the caller in `request.state.caller`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its caller."""
        if scope["type"] == "http":
            scope.setdefault("state", {})["caller"] = LOCAL
        await self.app(scope, receive, send)
