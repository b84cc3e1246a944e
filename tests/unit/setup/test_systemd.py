"""The services as `nightdex setup systemd` writes them, judged by systemd's own programs."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from nightdex.cli import _run
from nightdex.configuration import load_configuration
from nightdex.errors import SetupRefused
from nightdex.setup import systemd
from nightdex.setup.command import apply_change, plan_units, setup_systemd_command
from nightdex.setup.systemd import HEAD, UNITS, Services, services_of, unit

TEMPLATES = Path(__file__).parents[3] / "systemd"
SERVICES = [name for name in UNITS if name.endswith(".service")]
EXPOSURE = 2.0

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze: `make system` installs it on Debian"
)


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return Services(
        TEMPLATES,
        Path("/usr/bin/true"),
        tmp_path / "my $ repos.toml",
        tmp_path / "100 % state",
        tmp_path / "data",
        tmp_path,
        "04:30",
        "Europe/Berlin",
        "daemon",
    )


def written(services: Services, folder: Path) -> Path:
    folder.mkdir()
    for change in plan_units(services, folder):
        apply_change(change)
    return folder


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    with TemporaryDirectory() as runtime:  # of a session, which there need not be here
        environment = {**os.environ, "XDG_RUNTIME_DIR": runtime, "NO_COLOR": "1"}
        return subprocess.run(
            ["systemd-analyze", *arguments], capture_output=True, text=True, check=False, env=environment
        )


@needs_systemd
@pytest.mark.parametrize("user", ["daemon", ""], ids=["system", "user"])
def test_systemd_accepts_every_unit(tmp_path: Path, services: Services, user: str) -> None:
    folder = written(replace(services, user=user), tmp_path / "units")
    manager = ["--system"] if user else ["--user"]
    names = [str(folder / name).replace("@.", "@test.") for name in UNITS]
    shutil.copy(folder / "nightdex-failure@.service", folder / "nightdex-failure@test.service")
    done = analyze("verify", *manager, "--man=no", "--generators=no", *names)
    ours = [line for line in done.stderr.splitlines() if "nightdex" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_every_service_of_the_system_is_held_to_little(tmp_path: Path, services: Services, name: str) -> None:
    folder = written(services, tmp_path / "units")
    told = analyze("security", "--offline=true", "--no-pager", str(folder / name))
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", told.stdout)
    assert level, told.stdout + told.stderr
    assert float(level[1]) <= EXPOSURE


@needs_systemd
def test_the_timer_keeps_the_hour_of_repos_toml(services: Services) -> None:
    (calendar,) = re.findall("OnCalendar=(.*)", unit("nightdex-index.timer", services))
    assert calendar == "*-*-* 04:30:00 Europe/Berlin"
    assert analyze("calendar", calendar).returncode == 0
    (here,) = re.findall("OnCalendar=(.*)", unit("nightdex-index.timer", replace(services, timezone="")))
    assert here == "*-*-* 04:30:00"


def test_paths_are_written_as_systemd_reads_them(services: Services) -> None:
    text = unit("nightdex-api.service", services)
    assert '"/usr/bin/true" serve --config "' in text
    assert "my $$ repos.toml" in text
    assert '100 %% state" "-' in text
    assert "@" not in text.replace("nightdex-failure@", "").replace("@system", "").replace(
        "@pri", ""
    ).replace("@res", "")
    with pytest.raises(SetupRefused, match="another name"):
        unit("nightdex-api.service", replace(services, config=Path("/a\nExecStart=/bin/sh")))


def test_services_of_the_user_ask_for_nothing_that_only_root_can_give(services: Services) -> None:
    for name in SERVICES:
        text = unit(name, replace(services, user=""))
        assert "NoNewPrivileges=yes" in text
        assert not re.search(
            "^(User|CapabilityBoundingSet|ProtectSystem|ReadWritePaths)=", text, re.MULTILINE
        )


def test_setup_is_idempotent_and_undo_leaves_nothing(
    tmp_path: Path, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "units"
    assert setup_systemd_command(services, folder, yes=True, as_json=False) == 0
    shown = capsys.readouterr().out
    assert "+OnCalendar=" in shown
    assert (
        "Next: systemctl --user daemon-reload && systemctl --user enable --now nightdex-index.timer" in shown
    )
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == dict.fromkeys(
        UNITS, 0o644
    )
    setup_systemd_command(services, folder, yes=False, as_json=True)
    assert not any(file["changed"] for file in json.loads(capsys.readouterr().out)["files"])
    setup_systemd_command(None, folder, yes=True, as_json=False)
    assert list(folder.iterdir()) == []


def test_a_unit_of_somebody_else_is_left_alone(tmp_path: Path, services: Services) -> None:
    mine = tmp_path / "nightdex-api.service"
    mine.write_text("[Service]\nExecStart=/bin/true\n")
    with pytest.raises(SetupRefused, match="not written by nightdex"):
        plan_units(services, tmp_path)
    assert not any(change.differs for change in plan_units(None, tmp_path))


def repos_toml(folder: Path) -> Path:
    (folder / "state").mkdir()
    file = folder / "repos.toml"
    file.write_text('[index]\nstate_dir = "state"\n[[repo]]\npath = "."\n')
    return file


def test_services_of_the_system_run_as_the_owner_of_repos_toml_who_is_not_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = load_configuration(repos_toml(tmp_path))

    def as_owner(uid: int) -> Services:
        entry = pwd.struct_passwd(("ada", "x", uid, uid, "", str(tmp_path), "/bin/sh"))
        monkeypatch.setattr(systemd, "getpwuid", lambda _: entry)
        return services_of(configuration, "true", TEMPLATES, own=False)

    services = as_owner(1000)
    assert (services.user, services.state) == ("ada", tmp_path / "state")
    assert services.ledger == tmp_path / ".local/share/nightdex"
    with pytest.raises(SetupRefused, match="belongs to root"):
        as_owner(0)
    (tmp_path / "state").rmdir()
    with pytest.raises(SetupRefused, match="nightdex run"):
        as_owner(1000)


def test_the_command_writes_services_of_the_user_and_takes_them_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("nightdex.setup.command.program", lambda: "/usr/bin/true")
    file = repos_toml(tmp_path)
    assert _run(["setup", "systemd", "--user", "--yes", "--config", str(file)]) == 0
    folder = tmp_path / "config" / "systemd" / "user"
    assert sorted(path.name for path in folder.iterdir()) == sorted(UNITS)
    assert (folder / "nightdex-api.service").read_text().startswith(HEAD)
    assert _run(["setup", "systemd", "--user", "--undo", "--yes"]) == 0
    assert list(folder.iterdir()) == []
    assert _run(["setup", "codex", "--user", "--config", str(file)]) == 2
    assert "--user is for systemd alone" in capsys.readouterr().err
