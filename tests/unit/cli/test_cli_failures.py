from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from nightdex import failures, status
from nightdex.cli import _run
from nightdex.errors import ConfigurationInvalid

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "repos.toml").write_text('[index]\nstate_dir = "state"\n[[repo]]\npath = "."\n')
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["serach"], "No such command 'serach'. Did you mean 'search'?"),
        (["search"], "The query is empty; name what to look for."),
        (["search", "x", "--like", "shop:a.py:1"], "--like takes the place of QUERY"),
        (["search", "x", "--max-tokens", "1"], "max_tokens is 1"),
        (["search", "x", "--limit", "many"], "Invalid value for '--limit'"),
        (["search", "x", "--json", "--vimgrep"], "--json and --vimgrep exclude each other"),
        (["status", "--jsn"], "No such option: --jsn"),
        (["search", "x", "--mode", "fuzzy"], "There is no mode 'fuzzy'"),
        (["run", "--repo", "nobody"], "repos.toml has no repository 'nobody'"),
    ],
)
def test_a_wrong_command_line_exits_with_2(capsys: Output, arguments: list[str], sentence: str) -> None:
    assert _run(arguments) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("command", ["status", "check", "rollback"])
def test_without_an_index_a_command_exits_with_10(capsys: Output, command: str) -> None:
    assert _run([command]) == 10
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"nightdex: There is no index in .*/state yet: run `nightdex run`\.\n", captured.err)


def test_a_bad_configuration_exits_with_12_and_names_every_line(capsys: Output, folder: Path) -> None:
    (folder / "repos.toml").write_text('[api]\nprot = 1\n[[repo]]\nbranchh = "x"\n')
    assert _run(["status"]) == 12
    assert capsys.readouterr().err == (
        "nightdex: repos.toml:2: unknown key 'prot' in [api] - did you mean 'port'?\n"
        "repos.toml:4: unknown key 'branchh' in [[repo]] - did you mean 'branch'?\n"
    )


def test_with_json_an_error_is_a_problem_document(capsys: Output, folder: Path) -> None:
    (folder / "repos.toml").write_text("[api]\nprot = 1\n")
    assert _run(["status", "--json"]) == 12
    captured = capsys.readouterr()
    assert captured.out == ""
    problem = json.loads(captured.err)
    assert problem["code"] == "configuration_invalid"
    assert problem["exit_status"] == 12
    assert problem["problems"] == ["repos.toml:2: unknown key 'prot' in [api] - did you mean 'port'?"]


def test_a_problem_document_is_asked_for_before_the_dashes(capsys: Output, folder: Path) -> None:
    (folder / "repos.toml").unlink()
    assert _run(["search", "--", "--json"]) == 12
    assert capsys.readouterr().err.startswith("nightdex: there is no repos.toml here")


def boom(*_: object, **__: object) -> NoReturn:
    raise ZeroDivisionError("by nothing")


def test_an_unforeseen_error_leaves_one_sentence_and_a_traceback_in_a_file(
    capsys: Output, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.setattr(status, "status_command", boom)
    assert _run(["status"]) == 1
    found = re.fullmatch(
        r"nightdex: ZeroDivisionError: by nothing; the traceback is in (.*)\n", capsys.readouterr().err
    )
    assert found
    assert 'raise ZeroDivisionError("by nothing")' in Path(found[1]).read_text()
    assert _run(["--debug", "status"]) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_every_failure_has_a_status_and_a_sentence(capsys: Output) -> None:
    assert failures.report(ConfigurationInvalid(["a", "b"]), as_json=False, debug=False) == 12
    assert capsys.readouterr().err == "nightdex: a\nb\n"


def nightdex(*arguments: str, stdout: int = subprocess.PIPE) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "nightdex", *arguments]
    return subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, text=True)


def test_a_reader_that_goes_away_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = nightdex("--help", stdout=writing)
    os.close(writing)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (1, "")


def test_the_exit_status_of_the_process_is_that_of_the_failure(folder: Path) -> None:
    process = nightdex("status", "--config", str(folder / "none.toml"))
    _, err = process.communicate(timeout=30)
    assert process.returncode == 12
    assert err.endswith("none.toml does not exist; write one, or name another with --config\n")


def test_help_imports_nothing_that_is_slow() -> None:
    heavy = {
        "pydantic",
        "lancedb",
        "pyarrow",
        "numpy",
        "fastapi",
        "rich",
        "structlog",
        "tree_sitter",
        "asyncio",
    }
    code = "import sys; from nightdex.cli import _run; _run(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert heavy.isdisjoint(done.stderr.split())


def test_help_answers_at_once() -> None:
    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "nightdex", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    # Processor time, and the least of three, because other work on the machine must not decide this.
    assert min(seconds() for _ in range(3)) < 0.3
