"""Checks of the search service: whether its address is free, or its own."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from nightdex.configuration import Configuration
from nightdex.doctor.finding import Finding, error, ok
from nightdex.doctor.limits import LOCAL_SECONDS
from nightdex.service import api_options
from search_api.errors import AddressUnavailable, BindRefused, KeysUnreadable
from search_api.server import guarded, listen


def check_address(configuration: Configuration) -> Iterator[Finding]:
    """Whether `nightdex serve` listens, or could."""
    api = configuration.settings.api
    shown = f"[{api.host}]" if ":" in api.host else api.host
    url = f"http://{shown}:{api.port}"
    if _is_ours(url):
        yield ok(f"nightdex answers on {url}", serving=True)
        return
    try:
        guarded(api.host, api_options(configuration))
        listen(api.host, api.port).close()
    except (AddressUnavailable, BindRefused, KeysUnreadable) as refused:
        found, _, remedy = str(refused).partition("; ")
        yield error(found, remedy.rstrip(".") or "make the file with the keys readable")
    else:
        yield ok(f"{url} is free for `nightdex serve`", serving=False)


def _is_ours(url: str) -> bool:
    try:
        reply = httpx.get(f"{url}/healthz", timeout=LOCAL_SECONDS, trust_env=False)
        return bool(reply.json().get("status") == "alive")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, AttributeError):
        return False
