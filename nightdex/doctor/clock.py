"""Whether the hour of the night comes once a day, and the clock can be believed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from index_store.generations import serving_manifest
from nightdex.configuration import Configuration
from nightdex.doctor.finding import Finding, note, ok, warning
from nightdex.doctor.limits import CLOCK_SLACK_S, DAYS_AHEAD


def check_clock(configuration: Configuration) -> Iterator[Finding]:
    """Whether the index is not of the future, and the night's hour not one that a clock change takes."""
    now = dt.datetime.now(dt.UTC)
    manifest = serving_manifest(configuration.state_dir)
    ahead = (dt.datetime.fromisoformat(manifest.built_at) - now).total_seconds() if manifest else 0.0
    if ahead > CLOCK_SLACK_S:
        yield warning(
            f"the index was built {ahead / 3600:.1f} h in the future: the clock is behind, or was ahead",
            "set the clock (`timedatectl set-ntp true`); until it has caught up ages are wrong",
        )
    schedule = configuration.settings.schedule
    here = now.astimezone()
    zone = schedule.timezone or here.tzname() or "the machine's zone"
    odd = _odd_days(schedule.at, schedule.timezone, here)
    if odd:
        found = (
            f"{schedule.at} does not come exactly once on {', '.join(f'{day:%F}' for day in odd)} in {zone}"
        )
        yield note(found, 'choose an hour that every day has once: at = "04:00" in [schedule]')
    else:
        yield ok(f"nights begin at {schedule.at}, {zone}; it is {here:%H:%M} here")


def _odd_days(at: str, timezone: str, here: dt.datetime) -> list[dt.date]:
    """The days ahead on which a time of day does not exist, or comes twice."""
    hour, minute = map(int, at.split(":"))
    zone = ZoneInfo(timezone) if timezone else None
    odd = []
    for ahead in range(DAYS_AHEAD):
        day = here.date() + dt.timedelta(days=ahead)
        wall = dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
        # A naive time is the machine's: astimezone() asks it.
        first, second = (wall.replace(fold=fold).astimezone(dt.UTC) for fold in (0, 1))
        if first != second:
            odd.append(day)
    return odd
