"""`nightdex run` from the command line to the exit status, on real repositories; the vectors are fake."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.runlock import run_lock
from model_chain.testing import FakeEmbedder
from nightdex import night
from nightdex.cli import _run

Output = pytest.CaptureFixture[str]

SLOW = """
import sys
from model_chain.testing import FakeEmbedder, FakeSummariser
from nightdex import night
from nightdex.cli import main
night.night_embedder = lambda *_: FakeEmbedder()
night.ExtractiveSummariser = lambda: FakeSummariser(delay=60)
main(["run", "--config", sys.argv[1]])
"""


# A signal while the night waits for the server that forks its workers.
WHILE_A_WORKER_STARTS = """
import os
from multiprocessing import forkserver
read = forkserver.read_signed
def interrupted(pipe):
    forkserver.read_signed = read
    os.kill(os.getpid(), int(sys.argv[2]))
    return read(pipe)
forkserver.read_signed = interrupted
"""

# The server that forks workers is told by its command line; it is slow to import, as on a busy machine.
SLOW_SERVER = """
import sys, time
if any("forkserver" in argument for argument in sys.orig_argv):
    time.sleep(3)
"""


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("shop", "tools"):
        repository = tmp_path / name
        repository.mkdir()
        (repository / "main.py").write_text(f"def {name}_main():\n    return 1\n")
        (repository / "empty.py").touch()
        git(repository, "init", "--quiet")
        git(repository, "add", ".")
        git(repository, "commit", "--quiet", "-m", "first")
    (tmp_path / "repos.toml").write_text(
        '[index]\nstate_dir = "state"\n[[repo]]\npath = "shop"\n[[repo]]\npath = "tools"\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(night, "night_embedder", lambda *_: FakeEmbedder())
    before = signal.getsignal(signal.SIGTERM)
    yield tmp_path
    signal.signal(signal.SIGTERM, before)


def test_a_night_is_told_then_nothing_changed_then_one_is_gone(capsys: Output, folder: Path) -> None:
    assert _run(["run"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("generation 1 published after ")
    assert "repositories: 2; 4 files found = 2 chunked (0 of them unchanged) + 2 skipped\n" in out
    assert out.endswith("skipped: empty 2\n")

    assert _run(["run"]) == 0
    assert capsys.readouterr().out.startswith("generation 1 still serves, nothing changed, after ")

    (folder / "tools").rename(folder / "elsewhere")
    assert _run(["run", "--json"]) == 3
    report = json.loads(capsys.readouterr().out)
    assert report["outcome"] == "partial"
    assert [repository["outcome"] for repository in report["repositories"]] == ["unchanged", "stale"]
    assert _run(["status"]) == 3
    assert "stale: " in capsys.readouterr().out


def test_only_the_named_repository_is_brought_up_to_date(capsys: Output) -> None:
    assert _run(["run", "--repo", "tools", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [repository["name"] for repository in report["repositories"]] == ["tools"]
    assert _run(["run", "--repo", "tolls"]) == 2
    assert capsys.readouterr().err == (
        "nightdex: repos.toml has no repository 'tolls' - did you mean 'tools'?\n"
    )


def test_a_second_run_exits_with_11_while_one_is_going(capsys: Output, folder: Path) -> None:
    with run_lock(folder / "state"):
        assert _run(["run", "--json"]) == 11
    assert json.loads(capsys.readouterr().err.splitlines()[-1])["code"] == "already_running"


@pytest.mark.parametrize(("signum", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_quietly_and_frees_the_lock(folder: Path, signum: int, status: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(folder / "repos.toml")], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "begin\n"
    assert process.stderr.readline() == "repositories\n"
    process.send_signal(signum)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (status, "")
    with run_lock(folder / "state"):
        pass


@pytest.mark.parametrize(("signum", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_a_worker_starts_ends_the_run_and_leaves_no_process(
    folder: Path, signum: int, status: int
) -> None:
    program = SLOW.replace("main([", f"{WHILE_A_WORKER_STARTS}main([")
    process = subprocess.run(
        [sys.executable, "-c", program, str(folder / "repos.toml"), str(int(signum))],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,  # and until all that it started have let go of what it writes to
    )
    assert (process.returncode, process.stderr) == (status, "begin\nrepositories\n")
    with run_lock(folder / "state"):
        pass


def test_the_keys_that_interrupt_a_terminal_end_a_run_quietly_while_its_server_imports(folder: Path) -> None:
    (folder / "hook").mkdir()
    (folder / "hook" / "sitecustomize.py").write_text(SLOW_SERVER)
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(folder / "repos.toml")],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(folder / "hook")},
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "begin\n"
    assert process.stderr.readline() == "repositories\n"
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "")
