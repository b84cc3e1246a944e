"""`nightdex schedule`: one night a day, at its hour, each in a process of its own."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from indexer.errors import AlreadyRunning, RepositoriesFailed
from indexer.night_report import last_whole_night
from nightdex import sd_notify
from nightdex.configuration import load_configuration
from nightdex.errors import ConfigurationError
from nightdex.failures import INTERRUPTED
from nightdex.limits import CATCH_UP_AFTER_S, STOP_GRACE_S, WAKE_UP_S
from nightdex.notices import notice_of, tell
from nightdex.owners import scheduling

if TYPE_CHECKING:
    from nightdex.configuration import Configuration
    from nightdex.settings import Schedule

log = structlog.get_logger(__name__)


def schedule_command(configuration: Configuration) -> int:
    """Run a night every day until told to stop; INTERRUPTED when that cut one short.

    What the night had done by then is kept, and the next one goes on from there.
    """
    # A handler may interrupt an Event that holds its lock; a SimpleQueue can be filled from one.
    asked: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: asked.put(number))
    night = NightProcess(run_command(configuration.path), ended=partial(_tell, configuration))
    now = dt.datetime.now(dt.UTC)
    first = now if catch_up_due(configuration.state_dir, now) else None
    scheduler = scheduler_of(night.run, trigger_of(configuration.settings.schedule), first)
    with scheduling(configuration.state_dir):
        scheduler.start()
        sd_notify.notify(sd_notify.READY)
        log.info("schedule_began", **_times(scheduler), catch_up=first is not None)
        while not _told(asked):
            # It sleeps by a clock that stands still while the machine sleeps.
            scheduler.wakeup()
        interrupted = night.stop()
        scheduler.shutdown()
    log.info("schedule_ended", interrupted=interrupted)
    return INTERRUPTED if interrupted else 0


def run_command(file: Path) -> tuple[str, ...]:
    """The command line of a night. `-P`: a repository that it is started in lends it no modules."""
    return sys.executable, "-P", "-m", "nightdex", "run", "--config", str(file.resolve())


def trigger_of(schedule: Schedule) -> CronTrigger:
    """Every day at the hour of [schedule], by the wall clock of its zone ("" is the machine's)."""
    hour, minute = map(int, schedule.at.split(":"))
    zone = ZoneInfo(schedule.timezone) if schedule.timezone else None
    return CronTrigger(hour=hour, minute=minute, timezone=zone)


def catch_up_due(state_dir: Path, now: dt.datetime) -> bool:
    """Whether a night was missed: the last whole one began more than a day ago, or there was none."""
    last = last_whole_night(state_dir, now)
    return last is None or (now - last).total_seconds() > CATCH_UP_AFTER_S


def scheduler_of(
    job: Callable[[], None], trigger: CronTrigger, first: dt.datetime | None
) -> BackgroundScheduler:
    """A scheduler, not yet started, that runs the job by the trigger, and at `first` where that is given.

    The job never runs twice at once. Times that were slept through are made up for by one run.
    """
    scheduler = BackgroundScheduler(timezone=trigger.timezone)
    begin = {} if first is None else {"next_run_time": first}
    scheduler.add_job(job, trigger, max_instances=1, coalesce=True, misfire_grace_time=None, **begin)
    return scheduler


class NightProcess:
    """`nightdex run` as a child: reads repos.toml anew, gives all memory back, breaks down alone."""

    def __init__(
        self,
        command: Sequence[str],
        grace: float = STOP_GRACE_S,
        ended: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Run `command`; tell `ended` the exit status of each night that nobody stopped."""
        self._command = command
        self._grace = grace
        self._ended = ended
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = False

    def run(self) -> None:
        """Run one night to its end, and log how it went."""
        with self._lock:
            if self._stopping:
                return
            # A session of its own: Ctrl-C reaches the schedule alone, and its workers can be ended with it.
            child = self._child = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, start_new_session=True
            )
        log.info("night_began", process=child.pid)
        status = child.wait()
        if status == 0:
            log.info("night_ended")
        elif status == AlreadyRunning.exit_status:
            log.info("night_left_to_another_run")
        elif status == RepositoriesFailed.exit_status:
            log.warning("night_ended_in_part", exit_status=status)
        else:
            log.error("night_failed", exit_status=status)
        if not self._stopping:
            self._ended(status)

    def stop(self) -> bool:
        """End the night that is running, if there is one, and begin none any more; return whether one was."""
        with self._lock:
            self._stopping = True
            child = self._child
        if child is None or child.poll() is not None:
            return False
        child.terminate()
        try:
            child.wait(self._grace)
        except subprocess.TimeoutExpired:
            # A kill at any moment leaves the old index serving: tests/faults proves it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        return True


def _told(asked: SimpleQueue[int]) -> bool:
    try:
        asked.get(timeout=WAKE_UP_S)
    except Empty:
        return False
    return True


def _tell(configuration: Configuration, status: int) -> None:
    """Tell of a night that could not do so itself: it was killed, or cannot read repos.toml any more."""
    told = ""
    if status < 0:
        told = f"the night was killed by signal {-status}; if that was for memory, the kernel's log says so"
    elif status == ConfigurationError.exit_status:
        try:
            load_configuration(configuration.path)
        except ConfigurationError as error:
            told = f"no night can run: {error}"
    if told:
        tell(configuration.settings.notify, notice_of("failed", told))


def _times(scheduler: BackgroundScheduler) -> dict[str, str]:
    (job,) = scheduler.get_jobs()
    return {"next_night": job.next_run_time.isoformat()}
