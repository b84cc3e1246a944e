"""What the front door decides about the API and hands to `create_app`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from search_api.limits import REQUESTS_PER_MINUTE

if TYPE_CHECKING:
    from model_chain.chain import Chain
    from search_api.command_socket import CommandAnswerer
    from search_api.heads import HeadReader
    from search_api.keys import Keys


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """Everything optional; each default is what one person on one machine needs.

    Attributes:
        keys: who is let in with which scope; None where no key was ever made.
        key_required: whether a request without a key is refused. A key that is sent is checked in any case.
        hosts: names of this server besides the loopback ones and the address a connection came in at.
        requests_per_minute: for each key.
        memories: the repositories that are knowledge cards.
        chain: writes answers, and knows what they cost; without one every question is handed back.
        read_head: asks git where a repository is now; None leaves the freshness of hits unknown.
        answer_command: answers commands of this user, on this machine; None leaves them to themselves.
    """

    keys: Keys | None = None
    key_required: bool = False
    hosts: frozenset[str] = frozenset()
    requests_per_minute: int = REQUESTS_PER_MINUTE
    memories: frozenset[str] = frozenset()
    read_head: HeadReader | None = None
    chain: Chain | None = None
    answer_command: CommandAnswerer | None = None


DEFAULT_OPTIONS = ApiOptions()
