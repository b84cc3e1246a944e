"""When the next night begins, and whether one is going on: from systemd, and from a schedule that runs."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from index_store.testing import build_generation, make_row
from indexer.runlock import run_lock
from nightdex.configuration import load_configuration
from nightdex.owners import owners_of, running_night, scheduling
from nightdex.schedule import run_command
from tests.place import Place

SOON = int((datetime.now(UTC) + timedelta(hours=3)).timestamp())

# As `systemctl show --timestamp=unix` of systemd 255 answers.
SYSTEMCTL = f"""#!/bin/sh
case "$*" in
  *--user*nightdex-index.timer*)
    echo LoadState=loaded; echo ActiveState=active; echo UnitFileState=enabled; echo Result=success
    echo NextElapseUSecRealtime=@{SOON} ;;
  *--user*) echo LoadState=not-found; echo ActiveState=inactive ;;
  *) echo "System has not been booted with systemd as init system (PID 1). Can't operate." >&2; exit 1 ;;
esac
"""


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")


def systemctl(place: Place, script: str) -> None:
    program = place.root / "bin" / "systemctl"
    program.write_text(script)
    program.chmod(0o755)


def test_the_timer_of_the_user_s_manager_says_when(place: Place) -> None:
    systemctl(place, SYSTEMCTL)
    (owner,) = owners_of(load_configuration(place.root / "repos.toml"))
    assert owner.name == "systemctl --user nightdex-index.timer"
    assert owner.next_night == datetime.fromtimestamp(SOON, UTC)
    build_generation(place.state, [make_row()])
    assert "next night: in 3 h, " in place.run("status")[1]


def test_a_schedule_that_runs_is_seen_and_one_that_ended_is_not(place: Place) -> None:
    systemctl(place, "#!/bin/sh\nexit 1\n")
    file = place.configure('[schedule]\nat = "04:00"\ntimezone = "Europe/Berlin"\n')
    configuration = load_configuration(file)
    assert owners_of(configuration) == []
    command = (*run_command(file)[:-3], "schedule", "--config", str(file))
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        until = iter(process.stderr)
        while not (line := next(until)).startswith("{") or json.loads(line)["event"] != "schedule_began":
            pass
        (owner,) = owners_of(configuration)
        process.terminate()
        process.communicate()
    assert owner.name == f"nightdex schedule (process {process.pid})"
    assert owner.next_night is not None
    assert timedelta() < owner.next_night - datetime.now(UTC) <= timedelta(days=1)
    assert owners_of(configuration) == []


def test_a_night_that_is_going_on_is_seen(place: Place) -> None:
    build_generation(place.state, [make_row()])
    assert running_night(place.state) is None
    with run_lock(place.state):
        assert running_night(place.state) is not None
        assert "a night is going on (process " in place.run("status")[1]


@pytest.mark.parametrize("script", ["#!/bin/sh\nexec sleep 60\n", "#!/bin/sh\necho ???\n"])
def test_a_manager_that_does_not_answer_holds_up_no_status(
    place: Place, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    systemctl(place, script)
    monkeypatch.setattr("nightdex.owners.SYSTEMCTL_S", 0.2)
    assert owners_of(load_configuration(place.root / "repos.toml")) == []
    build_generation(place.state, [make_row()])
    assert "next night: nothing is known to begin one; see `nightdex doctor`\n" in place.run("status")[1]


def test_a_state_folder_that_cannot_be_made_costs_a_schedule_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with scheduling(tmp_path / "file" / "state"):
        assert sys.exc_info() == (None, None, None)
