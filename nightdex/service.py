"""`nightdex serve` and `nightdex mcp`: from repos.toml to a server, and what each program gives it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import structlog

from model_chain.readiness import readiness
from nightdex import sd_notify
from nightdex.answering import Answering
from nightdex.chain.configured import chain_of
from nightdex.heads import read_head
from nightdex.keys import keys_of
from nightdex.models import embedders_of
from nightdex.shared import following
from nightdex.warm import installation
from search_api.options import ApiOptions
from search_api.server import Heart, ServiceOptions, serve

if TYPE_CHECKING:
    from nightdex.configuration import Configuration

log = structlog.get_logger(__name__)


def serve_command(configuration: Configuration) -> int:
    """Serve until stopped.

    Raises:
        BindRefused, AddressUnavailable, KeysUnreadable: it cannot be served there.
    """
    for tier in chain_of(configuration).tiers:
        state = readiness(tier)
        if not state.ready:
            log.info("tier_not_ready", tier=tier.name, found=state.found, remedy=state.remedy)
    with following(configuration):
        serve(
            service_options(configuration),
            announce=lambda address: print(f"serving on {address}", file=sys.stderr, flush=True),  # noqa: T201
            # Ready is what answers: systemd takes the word at the first beat and ignores it afterwards.
            heart=Heart(
                lambda: sd_notify.notify(sd_notify.READY, sd_notify.ALIVE), sd_notify.beat_interval()
            ),
        )
    return 0


def mcp_command(configuration: Configuration) -> int:
    """Give one agent the tools, over standard input and output, until it closes them."""
    from search_api.agents.stdio import serve_stdio  # noqa: PLC0415 - a server over HTTP has no use for it

    with following(configuration):
        serve_stdio(service_options(configuration))
    return 0


def service_options(configuration: Configuration) -> ServiceOptions:
    """What to serve, and where."""
    api = configuration.settings.api
    return ServiceOptions(
        configuration.state_dir,
        embedders_of(configuration.settings.embedding),
        api.host,
        api.port,
        api_options(configuration),
    )


def api_options(configuration: Configuration) -> ApiOptions:
    """What repos.toml and the other programs give the API."""
    api = configuration.settings.api
    return ApiOptions(
        keys=keys_of(configuration.state_dir),
        key_required=api.require_key,
        hosts=frozenset(api.allowed_hosts),
        requests_per_minute=api.requests_per_minute,
        memories=configuration.memories,
        read_head=read_head,
        chain=chain_of(configuration),
        answer_command=Answering(configuration, installation()),
    )
