"""`nightdex doctor` says what is wrong with an index on an object store, and what to do about it."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from index_store.objects import Objects
from index_store.place import Place
from index_store.shared import FILES, manifest_key
from nightdex.cli import _run
from nightdex.configuration import load_configuration
from nightdex.doctor.finding import Finding
from nightdex.doctor.store import check_store
from tests.repositories import commit
from tests.servers.recorded_s3 import SKEWED, WRITTEN, recorded_s3
from tests.servers.weed import Weed

Found = Callable[[], list[Finding]]


@pytest.fixture
def file(tmp_path: Path, place: Place) -> Path:
    commit(tmp_path / "shop", {"pay.py": "def pay_invoice():\n    return settle_account()\n"})
    file = tmp_path / "repos.toml"
    file.write_text(
        f'[index]\nstate_dir = "{place}"\nlocal_dir = "state"\n[embedding]\nprovider = "embedded"\n'
        f'[summaries]\nprovider = "extractive"\n[[repo]]\npath = "shop"\n'
    )
    return file


@pytest.fixture
def found(file: Path) -> Found:
    return lambda: list(check_store(load_configuration(file)))


@pytest.fixture
def published(file: Path) -> None:
    assert _run(["run", "--config", str(file)]) == 0


def severities(findings: list[Finding]) -> list[str]:
    return [finding.severity.value for finding in findings]


@pytest.mark.usefixtures("published")
def test_a_whole_index_on_a_store_is_told_by_the_command(
    file: Path, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {one.key for one in Objects(place).list("")}
    capsys.readouterr()
    _run(["doctor", "--json", "--config", str(file)])
    told = [one for one in json.loads(capsys.readouterr().out)["findings"] if one["check"] == "store"]
    assert [one["severity"] for one in told] == ["ok", "ok"]
    assert told[0]["found"] == f"{place} answers, and has every file of generation 1"
    assert {one.key for one in Objects(place).list("")} == before


def test_an_index_on_this_machine_has_no_store_to_look_at(tmp_path: Path) -> None:
    file = tmp_path / "repos.toml"
    file.write_text('[index]\nstate_dir = "state"\n')
    assert list(check_store(load_configuration(file))) == []


def test_a_store_without_an_index_waits_for_the_first_night(found: Found) -> None:
    nothing, written = found()
    assert (nothing.severity, nothing.remedy) == ("warning", "run `nightdex run`")
    assert written.severity == "ok"


@pytest.mark.usefixtures("published")
def test_what_the_store_has_lost_is_named(found: Found, place: Place) -> None:
    objects = Objects(place)
    victim = next(objects.list(FILES))
    objects.delete([victim.key])
    lost, _ = found()
    assert lost.severity == "error"
    assert "lost 1 of the files of generation 1" in lost.found
    assert "nightdex rollback" in lost.remedy
    objects.put(victim.key, b"cut short")
    assert found()[0].severity == "error"
    objects.put(manifest_key(1), b"{}")
    assert "manifest" in found()[0].found
    objects.delete([manifest_key(1)])
    assert "no generation 1" in found()[0].found


@pytest.mark.usefixtures("published")
def test_a_key_that_may_only_read_is_enough_for_a_server(
    found: Found, weed: Weed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in weed.environment("reader").items():
        monkeypatch.setenv(name, value)
    whole, written = found()
    assert severities([whole, written]) == ["ok", "note"]
    assert "nights need a key that may read, write, list and delete" in written.remedy


def test_a_key_that_is_none_is_told_with_what_to_check(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    [denied] = found()
    assert denied.severity == "error"
    assert "SignatureDoesNotMatch" in denied.found
    assert denied.remedy.startswith("check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")


def test_a_bucket_that_is_not_there_is_told(file: Path, found: Found, place: Place) -> None:
    file.write_text(file.read_text().replace(f"s3://{place.bucket}", "s3://nowhere"))
    [missing] = found()
    assert "no bucket 'nowhere'" in missing.found
    assert missing.remedy == "make it, or correct state_dir in repos.toml"


def test_a_store_that_is_down_is_told(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setattr("nightdex.doctor.store.STORE_IMPATIENCE_SECONDS", 0.1)
    [down] = found()
    assert down.found == f"http://127.0.0.1:{port} does not answer"
    assert down.remedy == "see that it runs and that AWS_ENDPOINT_URL names it"


def test_a_clock_that_is_wrong_is_told(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded_s3(*SKEWED) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        [skewed] = found()
    assert skewed.remedy.startswith("set the clock")


def test_a_store_on_which_two_machines_could_publish_over_each_other_is_refused(
    found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    with recorded_s3(*WRITTEN) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        *_, written = found()
    assert written.severity == "error"
    assert "conditional writes" in written.remedy
