"""Repositories by URL: fetched into mirrors of ours, whole or not at all."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from indexer.errors import SourceUnreadable
from indexer.git.mirrors import Mirror
from indexer.sources.definition import SourceDefinition, SourceKind
from indexer.sources.opening import open_source
from indexer.sources.source import Snapshot
from tests import repositories as made
from tests.repositories import git


def look(tmp_path: Path, url: str, branch: str = "") -> tuple[Snapshot, dict[str, bytes | None]]:
    source = open_source(SourceDefinition("shop", SourceKind.MIRROR, url, branch), tmp_path / "mirrors")
    snapshot = source.snapshot()
    return snapshot, {entry.path: data for entry, data in source.read(snapshot.entries)}


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return made.repository(tmp_path / "remote", {"a.py": "a = 1\n"})


def test_a_url_is_fetched_then_followed(tmp_path: Path, remote: Path) -> None:
    url = f"file://{remote}"
    assert look(tmp_path, url)[1] == {"a.py": b"a = 1\n"}
    second = made.commit(remote, {"b.py": "b = 2\n"})
    snapshot, contents = look(tmp_path, url)
    assert (snapshot.commit, snapshot.stale_reason) == (second, "")
    assert contents.keys() == {"a.py", "b.py"}


def test_a_rewritten_history_is_followed_too(tmp_path: Path, remote: Path) -> None:
    look(tmp_path, f"file://{remote}")
    git(remote, "checkout", "-q", "--orphan", "fresh")
    made.commit(remote, {"c.py": "c = 3\n"})
    git(remote, "branch", "-M", "fresh", "main")
    assert look(tmp_path, f"file://{remote}")[1].keys() == {"a.py", "c.py"}


def test_only_the_wanted_commit_is_fetched(tmp_path: Path, remote: Path) -> None:
    made.commit(remote, {"a.py": "a = 2\n"})
    git(remote, "branch", "other")
    look(tmp_path, f"file://{remote}")
    mirror = tmp_path / "mirrors" / "shop.git"
    assert git(mirror, "rev-list", "--all", "--count") == "1"
    assert git(mirror, "for-each-ref", "--format=%(refname)") == "refs/nightdex/head"


@pytest.mark.parametrize("name", ["topic/x", "v1", "commit"])
def test_a_branch_a_tag_and_a_commit_are_fetched_by_name(tmp_path: Path, remote: Path, name: str) -> None:
    git(remote, "checkout", "-q", "-b", "topic/x")
    wanted = made.commit(remote, {"t.py": "t = 1\n"})
    git(remote, "tag", "-a", "v1", "-m", "one")
    git(remote, "checkout", "-q", "main")
    for _ in range(2):
        assert look(tmp_path, f"file://{remote}", wanted if name == "commit" else name)[0].commit == wanted


def test_an_empty_remote_has_no_entries(tmp_path: Path) -> None:
    made.empty_repository(tmp_path / "remote", bare=True)
    assert look(tmp_path, f"file://{tmp_path}/remote")[0] == Snapshot("", 0, ())


def test_a_remote_without_that_branch_is_unreadable(tmp_path: Path, remote: Path) -> None:
    with pytest.raises(SourceUnreadable, match="no branch or tag 'gone'"):
        look(tmp_path, f"file://{remote}", "gone")


def test_a_remote_that_is_gone_leaves_the_last_good_mirror_marked_stale(tmp_path: Path, remote: Path) -> None:
    fresh, contents = look(tmp_path, f"file://{remote}")
    shutil.move(remote, tmp_path / "away")
    stale, same = look(tmp_path, f"file://{remote}")
    assert (stale.commit, same) == (fresh.commit, contents)
    assert "cannot be fetched" in stale.stale_reason


def test_a_remote_that_was_never_fetched_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="cannot be fetched"):
        look(tmp_path, f"file://{tmp_path}/nowhere")


def test_another_url_under_the_same_name_is_not_answered_from_the_old_mirror(
    tmp_path: Path, remote: Path
) -> None:
    look(tmp_path, f"file://{remote}")
    other = made.repository(tmp_path / "other", {"other.py": "o = 1\n"})
    assert look(tmp_path, f"file://{other}")[1].keys() == {"other.py"}
    with pytest.raises(SourceUnreadable):
        look(tmp_path, f"file://{tmp_path}/nowhere")


def test_a_damaged_mirror_is_fetched_anew(tmp_path: Path, remote: Path) -> None:
    look(tmp_path, f"file://{remote}")
    for pack in (tmp_path / "mirrors" / "shop.git" / "objects").rglob("*"):
        if pack.is_file():
            pack.chmod(0o644)
            pack.write_bytes(b"")
    made.commit(remote, {"b.py": "b = 2\n"})
    snapshot, contents = look(tmp_path, f"file://{remote}")
    assert contents.keys() == {"a.py", "b.py"}
    assert snapshot.stale_reason == ""


def test_a_mirror_damaged_under_an_unchanged_remote_heals_by_the_next_night(
    tmp_path: Path, remote: Path
) -> None:
    url = f"file://{remote}"
    look(tmp_path, url)
    mirror = tmp_path / "mirrors" / "shop.git"
    made.lose_object(mirror, "refs/nightdex/head^{tree}")
    with pytest.raises(SourceUnreadable, match="fetched anew"):
        look(tmp_path, url)
    assert look(tmp_path, url)[1] == {"a.py": b"a = 1\n"}


SSH_THAT_FALLS_SILENT = """#!{python}
import os, subprocess, sys, time
if "-G" in sys.argv:
    sys.exit(1)
sent = 0
with subprocess.Popen(sys.argv[-1], shell=True, stdout=subprocess.PIPE) as server:
    while block := server.stdout.read1(65536):
        sys.stdout.buffer.write(block)
        sys.stdout.buffer.flush()
        sent += len(block)
        if sent > {limit}:
            open({pid_file!r}, "w").write(str(os.getpid()))
            time.sleep(600)
"""


def ssh(tmp_path: Path, limit: int) -> str:
    """A real transport to this machine that falls silent after `limit` bytes."""
    script = tmp_path / f"ssh-{limit}"
    script.write_text(
        SSH_THAT_FALLS_SILENT.format(python=sys.executable, limit=limit, pid_file=str(tmp_path / "pid"))
    )
    script.chmod(0o755)
    return str(script)


def silent_ssh(tmp_path: Path) -> int:
    """The process id of the transport that has fallen silent."""
    file = tmp_path / "pid"
    deadline = time.monotonic() + 30
    while not (file.exists() and file.read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return int(file.read_text())


def is_running(process_id: int) -> bool:
    """Whether a process still runs; a zombie that nobody has collected does not."""
    status = Path(f"/proc/{process_id}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def half_fetched(mirrors: Path) -> bool:
    """Whether objects have begun to arrive."""
    names = (name for folder, _, files in os.walk(mirrors) for name in files if "objects" in folder)
    return any(True for _ in names)


def test_a_clone_killed_in_the_middle_is_not_mistaken_for_a_good_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = made.repository(tmp_path / "remote", {f"{i}.bin": os.urandom(300_000) for i in range(5)})
    mirrors, url = tmp_path / "mirrors", f"ssh://here{remote}"
    code = """
import sys
from pathlib import Path
from indexer.git.mirrors import Mirror
Mirror(Path(sys.argv[1]), "shop", sys.argv[2], "").update()
"""
    environment = {
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "PATH": os.environ["PATH"],
        "GIT_SSH_COMMAND": ssh(tmp_path, 700_000),
    }
    with subprocess.Popen([sys.executable, "-c", code, str(mirrors), url], env=environment) as child:
        deadline = time.monotonic() + 60
        while child.poll() is None and time.monotonic() < deadline and not half_fetched(mirrors):
            time.sleep(0.01)
        assert child.poll() is None
        child.send_signal(signal.SIGKILL)
    os.kill(silent_ssh(tmp_path), signal.SIGKILL)

    assert not Mirror(mirrors, "shop", url, "").is_good()
    monkeypatch.setenv("GIT_SSH_COMMAND", ssh(tmp_path, 10**9))
    assert len(look(tmp_path, url)[1]) == 5
    assert [path.name for path in mirrors.iterdir()] == ["shop.git"]


def test_a_remote_that_falls_silent_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = made.repository(tmp_path / "remote", {"big.bin": os.urandom(1_000_000)})
    monkeypatch.setenv("GIT_SSH_COMMAND", ssh(tmp_path, 500_000))
    monkeypatch.setattr("indexer.git.mirrors.FETCH_SECONDS", 2.0)
    with pytest.raises(SourceUnreadable, match="gave no answer for 2 s"):
        look(tmp_path, f"ssh://here{remote}")
    transport = silent_ssh(tmp_path)
    # It was sent its signal before the night went on; on a busy machine it dies a moment later.
    deadline = time.monotonic() + 10
    while is_running(transport) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_running(transport)
    assert list((tmp_path / "mirrors").iterdir()) == []


def test_a_name_with_slashes_stays_inside_the_mirrors_folder(tmp_path: Path, remote: Path) -> None:
    for name in ("../../evil", "owner/shop", ".."):
        mirror = Mirror(tmp_path / "mirrors", name, f"file://{remote}", "")
        mirror.update()
        assert mirror.git_dir.parent == tmp_path / "mirrors"
        assert mirror.is_good()
