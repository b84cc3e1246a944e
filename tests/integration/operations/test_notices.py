"""Who is told of a night that failed: a real webhook, a real command, the real nights."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path

import pytest

from nightdex import notices
from nightdex.notices import notice_of, send
from nightdex.schedule import NightProcess
from nightdex.settings import Notify
from tests.place import Place
from tests.servers.webhook import HANG, webhook

# As a token of a real provider is written; it is none.
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def telling(url: str, command: list[str] | None = None, on: str = "partial") -> str:
    return f'[notify]\nurl = "{url}"\ncommand = {json.dumps(command or [])}\non = "{on}"\n'


def keeping(folder: Path) -> list[str]:
    """A command that keeps what it is told."""
    return ["sh", "-c", f'cat > {folder}/body; echo "$NIGHTDEX_EVENT $NIGHTDEX_TEXT" > {folder}/text']


def test_a_night_that_left_something_undone_is_told_to_the_webhook_and_the_command(place: Place) -> None:
    place.commit("tools", {"a.py": "def a(): pass\n"})
    with webhook() as hook:
        repos = '[[repo]]\npath = "code/shop"\n[[repo]]\npath = "code/tools"\n'
        place.configure(telling(hook.url, keeping(place.root)), repos)
        assert place.run("run")[0] == 0
        assert hook.told == []
        shutil.rmtree(place.root / "code" / "tools")
        assert place.run("run")[0] == 3
        (told,) = hook.told
    assert (told["event"], told["repositories"], told["generation"]) == ("partial", ["tools"], 2)
    assert "1 repositories failed: tools" in told["text"]
    assert json.loads((place.root / "body").read_text()) == told
    assert (place.root / "text").read_text() == f"partial {told['text']}\n"


def test_a_night_that_published_nothing_is_told_and_a_night_of_somebody_else_is_not(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, f"No space left; the remote said {TOKEN}")

    with webhook() as hook:
        place.configure(telling(hook.url, on="failed"))
        monkeypatch.setattr("indexer.nightly.run_night", refuse)
        assert place.run("run")[0] == 1
        assert place.run("run", "--repo", "nobody")[0] == 2
        (told,) = hook.told
    assert told["event"] == "failed"
    assert "No space left" in told["text"]
    assert TOKEN not in json.dumps(told)


def test_only_nights_that_published_nothing_are_told_where_that_is_asked_for() -> None:
    with webhook() as hook:
        settings = Notify(url=hook.url, on="failed")
        notices.tell(settings, notice_of("partial", "one repository failed"))
        assert hook.told == []
        notices.tell(settings, notice_of("failed", "all is lost"))
        assert len(hook.told) == 1


@pytest.mark.parametrize("status", [500, 302, HANG])
def test_a_webhook_that_does_not_take_it_costs_the_night_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(notices, "NOTICE_S", 0.3)
    with webhook(status) as hook:
        place.configure(telling(hook.url, ["false"]))
        assert place.run("run")[0] == 0
        shutil.rmtree(place.root / "code" / "shop")
        place.commit("tools", {"a.py": "def a(): pass\n"})
        repos = '[[repo]]\npath = "code/shop"\n[[repo]]\npath = "code/tools"\n'
        place.configure(telling(hook.url, ["false"]), repos)
        exit_status, out, err = place.run("run")
    assert exit_status == 3
    assert out.startswith("generation 2 published")
    lost = [json.loads(line) for line in err.splitlines() if "notice_not_delivered" in line]
    assert [one["channel"] for one in lost] == ["webhook at 127.0.0.1", "false"]
    assert "S3CR3T" not in err


def test_what_hangs_or_cannot_be_started_is_named_and_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "NOTICE_S", 0.3)
    hangs = ("sh", "-c", f"sleep 300 & echo $! > {tmp_path}/child; wait")
    began = time.monotonic()
    (slow,) = send(Notify(command=hangs), notice_of("test", "x"))
    assert slow.problem == "it did not end within 0.3 s and was killed"
    assert time.monotonic() - began < 5
    child = Path("/proc", (tmp_path / "child").read_text().strip())
    while child.exists() and " Z " not in (child / "stat").read_text():
        time.sleep(0.02)
    (missing,) = send(Notify(command=("/no/such/program",)), notice_of("test", "x"))
    assert missing.problem == "it cannot be started: No such file or directory"
    (closed,) = send(Notify(url="http://127.0.0.1:1/path"), notice_of("test", "x"))
    assert "refused" in closed.problem


def test_notify_says_what_became_of_a_test(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    status, _, err = place.run("notify", "--test")
    assert (status, "names nobody to tell" in err) == (12, True)
    with webhook() as hook:
        place.configure(telling(hook.url, ["sh", "-c", "echo no mail here >&2; exit 7"]))
        status, out, _ = place.run("notify", "--test")
        assert (status, out) == (
            1,
            "webhook at 127.0.0.1: delivered\nsh: it ended with status 7: no mail here\n",
        )
        assert hook.told[0]["event"] == "test"
        place.configure()
        folder = place.root / "credentials"
        folder.mkdir()
        (folder / notices.CREDENTIAL).write_text(f"{hook.url}\n")
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
        told = place.json("notify", "nightdex-api.service failed")
    assert told["deliveries"] == [{"channel": "webhook at 127.0.0.1", "problem": ""}]
    assert hook.told[1] == told["notice"]
    assert "nightdex-api.service failed" in told["notice"]["text"]


def test_a_notice_is_short_whatever_went_wrong() -> None:
    assert len(notice_of("failed", "word " * 10_000).text) < 600


def test_the_schedule_tells_of_a_night_that_was_killed_and_of_none_that_it_stopped() -> None:
    told: list[int] = []
    killed = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]
    NightProcess(killed, ended=told.append).run()
    assert told == [-9]
    stopped = NightProcess(killed, ended=told.append)
    stopped.stop()
    stopped.run()
    assert told == [-9]


def test_the_schedule_tells_of_a_repos_toml_that_became_unreadable(place: Place) -> None:
    from nightdex.configuration import load_configuration
    from nightdex.schedule import _tell

    with webhook() as hook:
        configuration = load_configuration(place.configure(telling(hook.url)))
        _tell(configuration, 0)
        _tell(configuration, 12)
        assert hook.told == []
        (place.root / "repos.toml").write_text("[[repo]\n")
        _tell(configuration, 12)
        _tell(configuration, -9)
        assert ["no night can run" in one["text"] for one in hook.told] == [True, False]
