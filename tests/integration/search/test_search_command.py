from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from index_store.errors import NoIndex
from index_store.testing import make_row, states_of
from model_chain.testing import FakeEmbedder
from search_api.cli import Output, search_command
from search_api.limits import MIN_TOKENS
from search_api.query import parse_query
from search_api.similar import Like
from tests.shop import ROWS, publish


def run(state_dir: Path, text: str, output: Output, **fields: object) -> str:
    written = io.StringIO()
    query = parse_query(text, **fields)  # type: ignore[arg-type] # a test names the fields it means
    assert search_command(query, state_dir, lambda _: FakeEmbedder(), output, to=written) == 0
    return written.getvalue()


def test_json_is_the_answer_and_nothing_else(shop: Path) -> None:
    answer = json.loads(run(shop, "expired token", Output.JSON))
    assert answer["hits"][0]["symbol"] == "Session.refresh"
    assert answer["deferred"] is None


def test_a_person_sees_place_reason_and_lines(shop: Path) -> None:
    shown = run(shop, "expired token", Output.HUMAN)
    assert "shop/src/auth/session.py:41  method Session.refresh" in shown
    assert "lexical#1" in shown
    assert "    42      # Exchange an expired token for a new one." in shown
    assert re.match(r"\d+ hits in \d+ ms; hybrid, generation 1 of 20", shown.splitlines()[-1])


def test_a_person_sees_what_is_like_a_line_and_where_else_it_is(tmp_path: Path) -> None:
    copies = [
        make_row(repo=repo, path=f"{repo}/load.py", symbol="Store.load", text=ROWS[0].text) for repo in "abc"
    ]
    around = make_row(repo="a", path="a/load.py", symbol="Store", kind="class", text="class Store:")
    publish(tmp_path, [*copies, replace(around, start_line=0)])
    shown = run(tmp_path, "expired token", Output.HUMAN)
    assert re.search(r"^a/a/load.py:1  function Store.load in Store  ", shown, re.MULTILINE)
    assert "  also in b/b/load.py:1, c/c/load.py:1\n" in shown
    like = io.StringIO()
    question = Like(parse_query("b:b/load.py:2", mode="similar"))
    search_command(question, tmp_path, lambda _: FakeEmbedder(), Output.VIMGREP, to=like)
    assert sorted(line.partition(":")[0] for line in like.getvalue().splitlines())[:2] == ["a/load.py"] * 2


def test_what_has_no_room_is_said(shop: Path) -> None:
    shown = run(shop, "token session store", Output.HUMAN, max_tokens=MIN_TOKENS)
    assert re.search(r"\d hits?, \d left out for want of tokens in .* more from --offset \d", shown)


def test_no_hits_is_said_and_is_no_failure(shop: Path) -> None:
    assert "no hits" in run(shop, "x repo:nowhere", Output.HUMAN)
    assert run(shop, "x repo:nowhere", Output.VIMGREP) == ""


def test_vimgrep_gives_real_paths_and_byte_columns(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    rows = [make_row(path="src/ü.py", start_line=7, text="x = 1\ny = 'ü'; z = find_me")]
    states = [replace(state, location=str(tmp_path / "code")) for state in states_of(rows)]
    publish(tmp_path / "state", rows, states)
    lines = run(tmp_path / "state", "find_me", Output.VIMGREP, mode="exact").splitlines()
    assert lines == [f"{tmp_path}/code/src/ü.py:8:15:y = 'ü'; z = find_me"]


def test_vimgrep_of_a_repository_that_is_not_here_gives_its_own_paths(shop: Path) -> None:
    assert run(shop, "OpenVault", Output.VIMGREP, mode="exact").startswith("src/vault.go:9:6:func OpenVault")


@pytest.mark.parametrize("output", [Output.HUMAN, Output.VIMGREP])
def test_nothing_in_an_index_reaches_the_terminal_as_a_command(tmp_path: Path, output: Output) -> None:
    evil = "\x1b]0;owned\x07 \x1b[2J \x9b31m \u202e \r token"
    rows = [make_row(path=f"src/{evil}.py", symbol=evil, text=f"{evil} [bold]x[/bold]", summary=evil)]
    publish(tmp_path, rows)
    shown = run(tmp_path, "token", output)
    assert not set(shown) & set("\x1b\x07\x9b\u202e\r")
    assert "<U+001B>" in shown
    assert "[bold]x[/bold]" in shown


def test_without_an_index_the_command_exits_10(tmp_path: Path) -> None:
    with pytest.raises(NoIndex) as missing:
        search_command(parse_query("x"), tmp_path / "none", lambda _: FakeEmbedder())
    assert missing.value.exit_status == 10
    assert not (tmp_path / "none").exists()


def test_reading_a_command_line_imports_no_server_and_no_database() -> None:
    script = (
        "import sys, search_api.query, search_api.cli, search_api.server, search_api.errors\n"
        "heavy = {'lancedb', 'pyarrow', 'fastapi', 'uvicorn', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_hit_of_every_row_is_found_by_its_own_name(shop: Path) -> None:
    for row in ROWS:
        if row.kind != "section":
            answer = json.loads(run(shop, row.symbol, Output.JSON, mode="symbol"))
            assert answer["hits"][0]["id"] == row.id
