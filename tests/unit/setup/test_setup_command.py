from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from nightdex.cli import main
from nightdex.errors import SetupRefused
from nightdex.setup.clients import CLIENTS, Launch
from nightdex.setup.command import apply_change, plan_change, setup_command

STDIO = Launch("/bin/nightdex", ("mcp", "--config", "/r.toml"), "", "http://127.0.0.1:8321", "/plug]]in")
HTTP = Launch("/bin/nightdex", (), "http://127.0.0.1:8321/mcp", "http://127.0.0.1:8321", "/plugin")

EXISTING = {
    "claude": '{\n  "numStartups": 3,\n  "mcpServers": {\n    "other": {"url": "x"}\n  },\n  "z": 1\n}\n',
    "codex": '# mine\nmodel = "gpt-5"\n\n[mcp_servers.other]\ncommand = "x"\n',
    "cursor": '{ "mcpServers": { "other": { "url": "x" } } }',
    "vscode": '// mine\n{\n\t"servers": {\n\t\t"other": { "url": "x" },\n\t},\n}\n',
}


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def do(client: str, home: dict[str, str], launch: Launch = STDIO, *, undo: bool = False) -> Path:
    change = plan_change(client, None if undo else launch, home)
    apply_change(change)
    return change.path


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("launch", [STDIO, HTTP], ids=["stdio", "http"])
def test_a_second_setup_changes_nothing_and_undo_leaves_no_file(
    client: str, launch: Launch, home: dict[str, str]
) -> None:
    path = do(client, home, launch)
    written = path.read_bytes()
    assert plan_change(client, launch, home).diff == ""
    assert do(client, home, launch).read_bytes() == written
    assert not do(client, home, launch, undo=True).exists()
    assert plan_change(client, None, home).diff == ""


@pytest.mark.parametrize("client", EXISTING)
def test_undo_gives_somebody_s_file_back_byte_for_byte_with_its_rights(
    client: str, home: dict[str, str]
) -> None:
    path = CLIENTS[client].file(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(EXISTING[client])
    path.chmod(0o640)
    do(client, home, HTTP)
    do(client, home, STDIO)
    assert "nightdex" in path.read_text()
    assert "other" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o640
    do(client, home, undo=True)
    assert path.read_text() == EXISTING[client]
    assert path.stat().st_mode & 0o777 == 0o640


def test_each_client_gets_its_own_words(home: dict[str, str]) -> None:
    stdio = {"command": "/bin/nightdex", "args": ["mcp", "--config", "/r.toml"]}
    assert json.loads(do("claude", home).read_text())["mcpServers"]["nightdex"] == {"type": "stdio", **stdio}
    assert json.loads(do("cursor", home).read_text())["mcpServers"]["nightdex"] == stdio
    assert json.loads(do("vscode", home).read_text())["servers"]["nightdex"] == {"type": "stdio", **stdio}
    assert tomllib.loads(do("codex", home).read_text())["mcp_servers"]["nightdex"] == stdio
    assert json.loads(do("vscode", home, HTTP).read_text())["servers"]["nightdex"] == {
        "type": "http",
        "url": "http://127.0.0.1:8321/mcp",
    }
    assert "append([=[/plug]]in]=])" in do("nvim", home).read_text()


def test_a_configuration_of_the_user_s_own_words_is_not_taken_over(home: dict[str, str]) -> None:
    path = CLIENTS["codex"].file(home)
    path.parent.mkdir(parents=True)
    path.write_text('[mcp_servers.nightdex]\ncommand = "mine"\n')
    with pytest.raises(SetupRefused, match="of its own"):
        plan_change("codex", STDIO, home)
    path = CLIENTS["nvim"].file(home)
    path.parent.mkdir(parents=True)
    path.write_text("-- mine\n")
    with pytest.raises(SetupRefused, match="not written by nightdex"):
        plan_change("nvim", STDIO, home)
    assert plan_change("nvim", None, home).diff == ""


def test_a_link_into_somebody_s_dotfiles_stays_a_link(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    kept = tmp_path / "dotfiles" / "claude.json"
    kept.write_text("{}")
    (tmp_path / ".claude.json").symlink_to(kept)
    do("claude", home)
    assert (tmp_path / ".claude.json").is_symlink()
    assert "nightdex" in kept.read_text()


def test_a_file_that_somebody_else_writes_to_meanwhile_is_left_alone(home: dict[str, str]) -> None:
    change = plan_change("cursor", STDIO, home)
    change.path.parent.mkdir()
    change.path.write_text("{}")
    with pytest.raises(SetupRefused, match="meanwhile"):
        apply_change(change)
    assert change.path.read_text() == "{}"


@pytest.mark.parametrize(("client", "text"), [("codex", "a = "), ("claude", "{"), ("cursor", "\udcff")])
def test_a_broken_configuration_is_left_alone_and_named(client: str, text: str, home: dict[str, str]) -> None:
    path = CLIENTS[client].file(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SetupRefused, match=str(path)):
        plan_change(client, STDIO, home)


def test_a_no_changes_nothing_and_a_yes_does(
    home: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    options = {"yes": False, "as_json": False}
    with pytest.raises(SetupRefused, match="was not changed"):
        setup_command("cursor", STDIO, home, ask=lambda _: "", **options)
    assert not CLIENTS["cursor"].file(home).exists()
    assert setup_command("cursor", STDIO, home, ask=lambda _: "y", **options) == 0
    shown = capsys.readouterr().out
    assert '+    "nightdex": {' in shown
    assert "Next: Cursor shows it" in shown
    assert CLIENTS["cursor"].file(home).exists()


def test_where_nobody_can_be_asked_the_change_is_shown_and_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CODEX_HOME", raising=False)
    (tmp_path / "repos.toml").write_text(f'[[repo]]\npath = "{tmp_path}"\n')
    (tmp_path / ".git").mkdir()
    arguments = ["setup", "codex", "--config", str(tmp_path / "repos.toml")]
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    shown = capsys.readouterr()
    assert ended.value.code == 1
    assert "+[mcp_servers.nightdex]" in shown.out
    assert "--yes" in shown.err
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--yes", "--json"])
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["changed"] is True
    with pytest.raises(SystemExit) as ended:
        main(["setup", "codex", "--undo", "--yes"])  # without any repos.toml
    assert ended.value.code == 0
    assert not (tmp_path / ".codex" / "config.toml").exists()
    with pytest.raises(SystemExit) as ended:
        main(["setup", "emacs", "--config", str(tmp_path / "repos.toml")])
    assert ended.value.code == 1
    assert "claude, codex, cursor, vscode, nvim" in capsys.readouterr().err
