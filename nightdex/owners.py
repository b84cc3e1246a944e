"""Who begins the nights: systemd's timer, or a `nightdex schedule` that runs; and when the next begins."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.deadline import next_time
from indexer.runlock import LOCK_NAME
from nightdex.limits import SYSTEMCTL_S

if TYPE_CHECKING:
    from nightdex.configuration import Configuration

SCHEDULE_LOCK_NAME = "schedule.lock"
TIMER = "nightdex-index.timer"
MANAGERS: tuple[tuple[str, ...], ...] = ((), ("--user",))


@dataclass(frozen=True, slots=True)
class Owner:
    """What begins nights; `next_night` is None where it does not say."""

    name: str
    next_night: datetime | None


@contextmanager
def scheduling(state_dir: Path) -> Iterator[None]:
    """Let others see that a schedule runs, for the length of the block. Nothing depends on it."""
    descriptor = None
    with contextlib.suppress(OSError):
        state_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(state_dir / SCHEDULE_LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def owners_of(configuration: Configuration) -> list[Owner]:
    """Everything that is known to begin nights now, soonest first."""
    found = [
        Owner(f"{' '.join(('systemctl', *manager))} {TIMER}", _moment(told.get("NextElapseUSecRealtime", "")))
        for manager in MANAGERS
        if (told := unit_state(TIMER, manager)).get("ActiveState") == "active"
    ]
    if process := locked_by(configuration.state_dir / SCHEDULE_LOCK_NAME):
        schedule = configuration.settings.schedule
        at = datetime.fromtimestamp(next_time(schedule.at, schedule.timezone, time.time()), UTC)
        found.append(Owner(f"nightdex schedule (process {process})", at))
    return sorted(found, key=lambda owner: (owner.next_night is None, owner.next_night))


def running_night(state_dir: Path) -> int | None:
    """The process of the night that is going on, or None."""
    return locked_by(state_dir / LOCK_NAME)


def locked_by(path: Path) -> int | None:
    """The process that holds a lock on a file, or None; looking takes no lock itself, so it stops nobody."""
    try:
        inode = path.stat().st_ino
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        fields = line.split()
        if fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == str(inode) and int(fields[4]) > 0:
            return int(fields[4])
    return None


def unit_state(unit: str, manager: Sequence[str]) -> dict[str, str]:
    """What a manager says of a unit; {} where there is no such manager or unit."""
    names = "LoadState,ActiveState,UnitFileState,Result,NextElapseUSecRealtime,NeedDaemonReload"
    command = ["systemctl", *manager, "show", unit, f"--property={names}", "--timestamp=unix", "--no-pager"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=SYSTEMCTL_S, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    told = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return {} if told.get("LoadState") == "not-found" else told


def _moment(text: str) -> datetime | None:
    seconds = text.removeprefix("@")
    return datetime.fromtimestamp(int(seconds), UTC) if seconds.isdecimal() and int(seconds) else None
