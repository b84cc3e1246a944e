from __future__ import annotations

import errno
import shutil
import socket
import threading
import time
from pathlib import Path

import pytest
import uvicorn

from model_chain.testing import FakeEmbedder
from search_api.app import create_app
from tests.machines import Machine, embedded_record


def test_a_machine_in_order_is_healthy_and_every_check_says_so(machine: Machine) -> None:
    machine.publish(embedded_record())
    status, findings = machine.examine()
    assert status == 0
    assert {one["severity"] for one in findings} == {"ok"}
    assert [one["check"] for one in findings] == [
        "configuration", "git", "grammars", "locale", "clock", "state_dir", "disk", "databases", "index",
        "schedule", "notify", "sources", "repositories", "embedder", "golden", "ollama", "tiers", "tiers",
        "tiers", "guard", "guard", "ledger", "keys", "address",
    ]  # fmt: skip


def test_every_problem_of_the_configuration_is_a_finding_and_the_other_checks_still_run(
    machine: Machine,
) -> None:
    machine.configure(repo="shp")
    status, findings = machine.examine()
    assert status == 1
    problem = findings[0]
    assert (problem["check"], problem["severity"]) == ("configuration", "error")
    assert "did you mean 'shop'?" in str(problem["found"])
    assert "git" in {one["check"] for one in findings}


def test_a_configuration_that_cannot_be_read_is_all_there_is_to_tell_of(machine: Machine) -> None:
    machine.configure('[embedding]\nprovidr = "auto"\n[api]\nport = 0\n')
    status, findings = machine.examine()
    assert status == 1
    assert [one["check"] for one in findings] == ["configuration"] * 2
    assert "nearest" not in str(findings)
    assert "did you mean 'provider'?" in str(findings[0]["found"])


def test_a_missing_git_is_an_error_that_says_to_install_it(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(machine.root / "nothing"))
    git = machine.finding("git")
    assert git["severity"] == "error"
    assert git["remedy"] == "install git"


@pytest.mark.parametrize(
    ("said", "severity"),
    [("git version 2.38.0", "ok"), ("git version 2.30.2 (Apple Git-1)", "warning"), ("hg 6", "error")],
)
def test_an_old_git_is_a_warning(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, said: str, severity: str
) -> None:
    fake = machine.root / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\necho '{said}'\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent))
    assert machine.finding("git")["severity"] == severity


def test_a_state_dir_that_is_a_file_is_an_error(machine: Machine) -> None:
    machine.state.write_text("")
    assert machine.finding("state_dir")["found"] == f"{machine.state} is a file"


def test_a_state_dir_that_cannot_be_written_is_an_error(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.configure(state="/proc/self")  # even root makes no file there
    finding = machine.finding("state_dir")
    assert finding["severity"] == "error"
    assert "cannot be written" in str(finding["found"])
    machine.configure()
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "cannot be made" in str(machine.finding("state_dir")["found"])


def test_a_file_system_without_hard_links_is_a_warning(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    machine.state.mkdir()
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert machine.finding("state_dir")["severity"] == "warning"
    assert list(machine.state.iterdir()) == []


@pytest.mark.parametrize(("free", "severity"), [(1_000_000, "error"), (500_000_010, "warning")])
def test_a_full_disk_is_found_before_the_night_meets_it(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, free: int, severity: str
) -> None:
    machine.publish(embedded_record())
    usage = type(shutil.disk_usage("/"))(2 * free, free, free)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    finding = machine.finding("disk")
    assert finding["severity"] == severity
    assert "larger disk" in str(finding["remedy"])


def test_an_address_that_another_program_has_is_an_error(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        machine.configure(f"{machine.extra}[api]\nport = {taken.getsockname()[1]}\n")
        finding = machine.finding("address")
    assert finding["severity"] == "error"
    assert "choose another port" in str(finding["remedy"])


def test_an_address_that_others_may_reach_without_a_key_is_an_error(machine: Machine) -> None:
    machine.configure(f'{machine.extra}[api]\nhost = "0.0.0.0"\nport = 65431\n')
    finding = machine.finding("address")
    assert finding["severity"] == "error"
    assert "nightdex key create" in str(finding)


def test_a_running_service_is_recognised(machine: Machine, tmp_path: Path) -> None:
    app = create_app(tmp_path / "elsewhere", lambda _: FakeEmbedder())
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        service = uvicorn.Server(uvicorn.Config(app, log_config=None))
        thread = threading.Thread(target=service.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            machine.configure(f"{machine.extra}[api]\nport = {port}\n")
            finding = machine.finding("address")
        finally:
            service.should_exit = True
            thread.join()
    assert finding["found"] == f"nightdex answers on http://127.0.0.1:{port}"


def test_a_check_that_breaks_is_a_finding_and_hides_no_other(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down() -> None:
        raise RuntimeError("the dog ate it")

    monkeypatch.setattr("nightdex.doctor.machine.git_version", break_down)
    status, findings = machine.examine()
    assert status == 1
    broken = [one for one in findings if one["severity"] == "error"]
    assert [one["found"] for one in broken] == ["could not be checked: RuntimeError: the dog ate it"]
    traceback = Path(str(broken[0]["remedy"]).rpartition(" ")[2])
    assert "the dog ate it" in traceback.read_text()
    traceback.unlink()
    assert findings[-1]["check"] == "address"


def test_a_person_reads_one_line_a_finding_with_its_remedy_below(machine: Machine) -> None:
    machine.configure(repo="shp")
    status, out, err = machine.run("doctor")
    assert (status, err) == (1, "")
    lines = out.splitlines()
    assert lines[0].startswith("error   configuration: repos.toml:")
    assert lines[1] == "        -> correct that line; docs/CONFIGURATION.md has every key"
    assert lines[2].startswith("ok      git: version ")
    assert lines[-1] == "1 error, 1 warning"


def test_a_healthy_machine_reads_so(machine: Machine) -> None:
    machine.publish(embedded_record())
    began = time.monotonic()
    status, out, _ = machine.run("doctor")
    assert (status, out.splitlines()[-1]) == (0, "all is well")
    assert time.monotonic() - began < 60
