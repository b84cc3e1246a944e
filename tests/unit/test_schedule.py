"""The hour of the night by a clock of the test, across the changes of summer time; what is caught up on."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger

from indexer.night_report import NightReport, last_whole_night
from nightdex.schedule import catch_up_due, scheduler_of, trigger_of
from nightdex.settings import Schedule

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)


def nights(at: str, begin: str, count: int) -> list[str]:
    """When nights begin from a moment on, in UTC."""
    trigger = trigger_of(Schedule(at=at, timezone="Europe/Berlin"))
    now, last, found = dt.datetime.fromisoformat(begin).replace(tzinfo=BERLIN), None, []
    for _ in range(count):
        last = now = trigger.get_next_fire_time(last, now)
        found.append(now.astimezone(dt.UTC).strftime("%d %H:%M"))
    return found


def test_a_night_at_four_begins_once_a_day_by_the_wall_clock_when_summer_time_begins() -> None:
    assert nights("04:00", "2026-03-28T00:00", 3) == ["28 03:00", "29 02:00", "30 02:00"]


def test_a_night_at_four_begins_once_a_day_by_the_wall_clock_when_summer_time_ends() -> None:
    assert nights("04:00", "2026-10-24T00:00", 3) == ["24 02:00", "25 03:00", "26 03:00"]


def test_a_night_in_the_hour_that_is_left_out_begins_when_that_would_have_been() -> None:
    # 02:30 does not come on the 29th: the night begins at 03:30, which is 01:30 in UTC, not a day later.
    assert nights("02:30", "2026-03-28T00:00", 3) == ["28 01:30", "29 01:30", "30 00:30"]


def test_a_night_in_the_hour_that_comes_twice_begins_both_times() -> None:
    assert nights("02:30", "2026-10-24T00:00", 4) == ["24 00:30", "25 00:30", "25 01:30", "26 01:30"]


def test_without_a_zone_the_hour_is_the_machine_s() -> None:
    begins = trigger_of(Schedule(at="04:00")).get_next_fire_time(None, NOW)
    assert begins is not None
    assert begins.astimezone().strftime("%H:%M") == "04:00"


def report(state: Path, hours_ago: float, outcome: str = "ok", only: tuple[str, ...] = ()) -> None:
    began = NOW - dt.timedelta(hours=hours_ago)
    NightReport(began.isoformat(timespec="seconds"), outcome=outcome, only=list(only)).save(state)


@pytest.mark.parametrize(("hours", "due"), [(23.9, False), (24.1, True), (72, True)])
def test_a_night_is_caught_up_on_when_the_last_is_more_than_a_day_old(
    tmp_path: Path, *, hours: float, due: bool
) -> None:
    report(tmp_path, hours)
    assert catch_up_due(tmp_path, NOW) is due


def test_a_machine_without_a_night_begins_with_one(tmp_path: Path) -> None:
    assert catch_up_due(tmp_path, NOW)


def test_neither_a_failed_night_nor_a_run_for_one_repository_counts_as_a_night(tmp_path: Path) -> None:
    report(tmp_path, 30, outcome="partial")
    report(tmp_path, 2, outcome="failed")
    report(tmp_path, 1, only=("shop",))
    (tmp_path / "nights" / "2026-11-24T11-59-00.json").write_text("torn {")
    assert last_whole_night(tmp_path, NOW) == NOW - dt.timedelta(hours=30)
    assert catch_up_due(tmp_path, NOW)


def test_a_night_of_a_clock_that_ran_ahead_puts_off_no_other(tmp_path: Path) -> None:
    report(tmp_path, hours_ago=30)
    report(tmp_path, hours_ago=-24 * 365)
    assert last_whole_night(tmp_path, NOW) == NOW - dt.timedelta(hours=30)
    assert catch_up_due(tmp_path, NOW)


def test_a_clock_set_back_by_an_hour_runs_no_night_twice(tmp_path: Path) -> None:
    report(tmp_path, hours_ago=0)
    report(tmp_path, hours_ago=23)
    assert not catch_up_due(tmp_path, NOW - dt.timedelta(hours=1))


def test_a_night_that_outlasts_its_day_is_never_run_twice_at_once() -> None:
    running, most = 0, 0
    done, never = threading.Event(), threading.Event()

    def job() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        never.wait(2.2)
        running -= 1
        done.set()

    scheduler = scheduler_of(job, CronTrigger(second="*"), dt.datetime.now(dt.UTC))
    scheduler.start()
    assert done.wait(20)
    scheduler.shutdown()
    assert most == 1


def test_times_that_were_slept_through_are_made_up_for_by_one_run() -> None:
    began: list[dt.datetime] = []
    done = threading.Event()

    def job() -> None:
        began.append(dt.datetime.now(dt.UTC))
        done.set()

    # Due three days ago: what a machine finds that was suspended over three nights.
    scheduler = scheduler_of(job, CronTrigger(hour=4), dt.datetime.now(dt.UTC) - dt.timedelta(days=3))
    scheduler.start()
    assert done.wait(20)
    scheduler.shutdown()
    assert len(began) == 1
