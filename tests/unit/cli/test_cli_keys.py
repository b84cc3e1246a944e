from __future__ import annotations

import json
from pathlib import Path

import pytest

from nightdex.cli import _run
from search_api.keys import FILE_NAME, Keys
from tests.shop import ROWS, publish


@pytest.fixture
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "repos.toml").write_text('[index]\nstate_dir = "state"\n[[repo]]\npath = "."\n')
    return tmp_path / "state"


def test_a_key_is_alone_on_standard_output_so_that_it_can_be_piped(
    state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["key", "create", "--repos", "shop, bank", "--expires", "12h", "--note", "CI"]) == 0
    out, err = capsys.readouterr()
    key = Keys(state_dir / FILE_NAME).find(out.strip())
    assert key is not None
    assert key.repos == frozenset({"shop", "bank"})
    assert "only time" in err
    assert out.strip() not in err


def test_a_key_is_never_shown_again(state_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(["key", "create", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    secret = made.pop("key")
    for arguments in (["list"], ["list", "--json"], ["revoke", made["id"]], ["revoke", made["id"], "--json"]):
        assert _run(["key", *arguments]) == 0
        out, err = capsys.readouterr()
        assert made["id"] in out
        assert secret not in out + err
    assert not Keys(state_dir / FILE_NAME).any_valid()


def test_a_repository_that_is_not_indexed_is_pointed_out(
    state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(state_dir, ROWS)
    assert _run(["key", "create", "--repos", "shpo"]) == 0
    assert "did you mean 'shop'?" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["create", "--expires", "soon"], ["revoke", "nope"], ["revoke"]])
def test_what_cannot_be_done_is_a_usage_error(
    state_dir: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["key", *arguments, "--json"]) == 2
    assert json.loads(capsys.readouterr().err)["exit_status"] == 2
    assert not state_dir.exists()


def test_without_keys_the_list_says_how_to_make_one(
    state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["key", "list"]) == 0
    assert "nightdex key create" in capsys.readouterr().out
    assert not state_dir.exists()


def test_the_server_does_not_start_where_others_reach_it_without_a_key(
    state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (state_dir.parent / "repos.toml").open("a") as file:
        file.write('[api]\nhost = "0.0.0.0"\n')
    assert _run(["serve"]) == 12
    assert "nightdex key create" in capsys.readouterr().err
