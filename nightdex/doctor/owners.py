"""Whether something begins the nights, and the units of systemd are those of this installation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from getpass import getuser
from pathlib import Path

from nightdex.configuration import Configuration
from nightdex.doctor.finding import Finding, error, note, ok, warning
from nightdex.errors import SetupRefused
from nightdex.owners import MANAGERS, TIMER, owners_of, unit_state
from nightdex.setup.command import program, shipped
from nightdex.setup.systemd import UNITS, services_of, unit, unit_folder

LINGERING = Path("/var/lib/systemd/linger")


def check_owners(configuration: Configuration) -> Iterator[Finding]:
    """Whether exactly one thing begins nights; what systemd has of ours, and how it fares."""
    owners = owners_of(configuration)
    names = " and ".join(owner.name for owner in owners)
    if not owners:
        yield warning(
            "nothing begins a night",
            "`nightdex setup systemd --user` and enable the timer, or keep `nightdex schedule` running",
        )
    elif len(owners) > 1:
        yield note(f"nights are begun by {names}; the later finds the lock taken", "keep one of them")
    else:
        yield ok(f"nights are begun by {names}")
    for manager in MANAGERS:
        yield from _check_units(configuration, manager)


def _check_units(configuration: Configuration, manager: tuple[str, ...]) -> Iterator[Finding]:
    own = bool(manager)
    folder, flag = unit_folder(os.environ, own=own), " --user" if own else ""
    here = [name for name in UNITS if (folder / name).is_file()]
    if not here:
        return
    for name in here:
        state = unit_state(name, manager)
        if "failed" in {state.get("ActiveState"), state.get("Result")}:
            yield error(
                f"{name} failed", f"see `journalctl{flag} -u {name}`, mend it, `systemctl{flag} start {name}`"
            )
        if state.get("NeedDaemonReload") == "yes":
            yield warning(f"{name} was changed since systemd read it", f"run `systemctl{flag} daemon-reload`")
    try:
        services = services_of(configuration, program(), shipped("systemd", "systemd"), own=own)
        old = [name for name in here if (folder / name).read_text() != unit(name, services)]
    except (SetupRefused, OSError) as refused:
        yield error(f"the units in {folder} cannot be compared: {refused}", "mend what it names")
        return
    if old or len(here) < len(UNITS):
        told = (
            f"{', '.join(old)} in {folder} differ"
            if old
            else f"{folder} has {len(here)} of {len(UNITS)} units"
        )
        yield warning(
            f"{told} from what this nightdex and repos.toml say", f"run `nightdex setup systemd{flag}` again"
        )
    else:
        yield ok(f"the units in {folder} are those of this nightdex")
    # Without it the user's manager, and its timers, end with the last session.
    if (
        own
        and unit_state(TIMER, manager).get("ActiveState") == "active"
        and not (LINGERING / getuser()).exists()
    ):
        yield warning(f"{TIMER} runs only while {getuser()} is logged in", "run `loginctl enable-linger`")
