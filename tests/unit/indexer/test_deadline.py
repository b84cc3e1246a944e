from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from indexer.deadline import next_time
from nightdex.dry_run import hours_of_describing
from nightdex.settings import Settings

BERLIN = "Europe/Berlin"


def moment(text: str) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN)).timestamp()


@pytest.mark.parametrize(
    ("now", "clock", "expected"),
    [
        ("2026-01-10 04:00", "07:00", "2026-01-10 07:00"),
        ("2026-01-10 12:00", "07:00", "2026-01-11 07:00"),
        ("2026-01-10 07:00", "07:00", "2026-01-11 07:00"),
        ("2026-01-10 22:00", "01:30", "2026-01-11 01:30"),
        ("2026-03-29 01:00", "07:00", "2026-03-29 07:00"),
        ("2026-10-25 01:00", "07:00", "2026-10-25 07:00"),
        ("2026-12-31 23:00", "07:00", "2027-01-01 07:00"),
    ],
)
def test_a_deadline_is_the_next_time_the_wall_clock_shows_it(now: str, clock: str, expected: str) -> None:
    assert next_time(clock, BERLIN, moment(now)) == moment(expected)


def test_nights_across_a_clock_change_are_an_hour_shorter_or_longer() -> None:
    spring, autumn = moment("2026-03-29 01:00"), moment("2026-10-25 01:00")
    assert next_time("07:00", BERLIN, spring) - spring == 5 * 3600
    assert next_time("07:00", BERLIN, autumn) - autumn == 7 * 3600


def test_without_a_time_zone_the_clock_is_the_machines() -> None:
    now = dt.datetime(2026, 1, 10, 4, 0).astimezone().timestamp()
    assert dt.datetime.fromtimestamp(next_time("07:00", "", now)).astimezone().hour == 7


@pytest.mark.parametrize(
    ("at", "deadline", "hours"), [("04:00", "07:00", 3), ("22:30", "01:00", 2.5), ("04:00", "04:00", 24)]
)
def test_a_night_lasts_from_its_beginning_to_its_deadline(at: str, deadline: str, hours: float) -> None:
    settings = Settings.model_validate({"schedule": {"at": at}, "summaries": {"deadline": deadline}})
    assert hours_of_describing(settings) == hours
