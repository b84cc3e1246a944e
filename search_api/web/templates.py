"""HTML from templates. Everything that is put into one is escaped; none says otherwise."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from search_api.limits import MAX_FILE_LINES
from search_api.render import visible
from search_api.web.addresses import file_address

PAGES = (("/", "Search"), ("/nights", "Nights"), ("/chain", "Chain"))


async def html(template: str, status: int = 200, **values: object) -> HTMLResponse:
    """A page as a reply. Rendering is plain computation: in a thread, so that nobody else waits for it."""
    return HTMLResponse(await asyncio.to_thread(render, template, pages=PAGES, **values), status)


def render(name: str, **values: object) -> str:
    """A page."""
    return _environment().get_template(name).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("search_api.web"),
        # SECURITY: by a constant and not by file name, so that no template can be forgotten.
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals |= {"page_lines": MAX_FILE_LINES, "file_address": file_address}
    environment.filters |= {"visible": visible, "age": age, "thousands": thousands}
    return environment


def age(since: str, now: datetime | None = None) -> str:
    """How long ago an ISO 8601 time is, in words; "" where there is none."""
    try:
        seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(since)).total_seconds()
    except (ValueError, TypeError):
        return ""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'s' * (count != 1)} ago"
    return "just now"


def thousands(number: int) -> str:
    """12,345."""
    return f"{number:,}"
