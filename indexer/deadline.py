"""When a night stops describing: at a time of day, wherever the clock stands when it begins."""

from __future__ import annotations

import datetime as dt
import zoneinfo


def next_time(clock: str, timezone: str, now: float) -> float:
    """Seconds since the epoch of the next moment at which it is `clock` ("07:00") in `timezone` ("" is here).

    Across a clock change it is the wall clock that counts, not the hours between.
    """
    zone = zoneinfo.ZoneInfo(timezone) if timezone else None
    today = dt.datetime.fromtimestamp(now, zone)
    hour, minute = map(int, clock.split(":"))
    moment = today.replace(hour=hour, minute=minute, second=0, microsecond=0, fold=0)
    if moment.timestamp() <= now:
        moment = (moment + dt.timedelta(days=1)).replace(fold=0)
    return moment.timestamp()
