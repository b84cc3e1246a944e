"""Who asks, and which repositories they may see. Every route takes its scope from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request


@dataclass(frozen=True, slots=True)
class Caller:
    """The one behind a request.

    Attributes:
        name: for logs and limits: the id of a key, or "local" for who needs none; never the key itself.
        scope: the repositories that may be seen; None means all of them, an empty set none.
    """

    name: str
    scope: frozenset[str] | None = None

    def may_see(self, repo: str) -> bool:
        """Whether a repository is within the scope."""
        return self.scope is None or repo in self.scope


# Someone on this machine, through a loopback address, without a key.
LOCAL = Caller("local")


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


# SECURITY: what a route must pass on to whatever it asks; the gate before all routes has put it there.
CallerOf = Annotated[Caller, Depends(_caller)]
