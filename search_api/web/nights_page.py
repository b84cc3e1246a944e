"""The page of the nights: what each did, per repository, and how long it took."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from search_api.caller import CallerOf
from search_api.dependencies import NightsOf
from search_api.limits import NIGHTS_SHOWN
from search_api.web.charts import Chart, Column, bar_chart
from search_api.web.templates import html, thousands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from search_api.nights import Night, RepositoryNight

router = APIRouter(include_in_schema=False)


@router.get("/nights")
async def get_nights_page(
    nights: NightsOf, caller: CallerOf, offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0
) -> Response:
    """What the nights did, newest first."""
    page, more = await asyncio.to_thread(nights.page, caller, NIGHTS_SHOWN, offset)
    return await html(
        "nights.html",
        here="/nights",
        duration=duration,
        skipped=skipped,
        shown=NIGHTS_SHOWN,
        nights=[(night, totals(night)) for night in page],
        charts=charts(page),
        offset=offset,
        next_offset=offset + NIGHTS_SHOWN if more else None,
    )


def totals(night: Night) -> dict[str, int]:
    """Sums over the repositories of a night that its reader may see."""
    names = (
        "found",
        "chunked",
        "reused",
        "added",
        "changed",
        "moved",
        "gone",
        "chunks",
        "embedded",
        "summarised",
    )
    sums = {name: sum(getattr(one, name) for one in night.repositories) for name in names}
    sums["skipped"] = sum(skipped(one) for one in night.repositories)
    sums["failed"] = sum(one.outcome in {"stale", "failed"} for one in night.repositories)
    return sums


def skipped(repository: RepositoryNight) -> int:
    """Files left out, for whatever reason."""
    return sum(repository.skipped.values())


def charts(nights: Sequence[Night]) -> list[Chart]:
    """How long the nights took, step by step, and what changed; oldest first, as one reads."""
    if not nights:
        return []
    in_order = list(reversed(nights))
    took = [Column(_day(night), [list(night.steps.items())]) for night in in_order]
    files = [
        Column(_day(night), [[(name, totals(night)[name]) for name in ("added", "changed", "moved", "gone")]])
        for night in in_order
    ]
    work = [
        Column(
            _day(night),
            [[("vectors", totals(night)["embedded"])], [("descriptions", totals(night)["summarised"])]],
        )
        for night in in_order
    ]
    return [
        bar_chart("How long each night took", took, duration),
        bar_chart("Files that were new or different", files, _count),
        bar_chart("Vectors and descriptions made", work, _count),
    ]


def duration(seconds: float) -> str:
    """3 h 12 min, 4.5 min, 90 s, 1.2 s."""
    if seconds >= 3600:
        return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"
    if seconds >= 180:
        return f"{seconds / 60:.3g} min"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"


def _day(night: Night) -> str:
    return night.started_at[5:10]


def _count(value: float) -> str:
    return thousands(round(value)) if value >= 10 or value == int(value) else f"{value:g}"
