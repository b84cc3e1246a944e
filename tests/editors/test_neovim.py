"""The plugin in a real headless Neovim, driven through its own keys, against a real server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nightdex.setup.clients import Launch
from nightdex.setup.command import apply_change, plan_change

PLUGIN = Path(__file__).parents[2] / "integrations" / "neovim"
PATIENCE_S = 20.0


class Neovim:
    """One running editor: `send` types keys, `lua` evaluates, `until` waits."""

    def __init__(self, program: str, folder: Path, arguments: list[str]) -> None:
        self.program = program
        self.socket = folder / "nvim.socket"
        environment = {
            "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"), "PATH": os.environ["PATH"],
            "XDG_DATA_HOME": str(folder / "data"), "XDG_STATE_HOME": str(folder / "state"),
        }  # fmt: skip
        command = [program, "--headless", "-n", "-i", "NONE", "--listen", str(self.socket), *arguments]
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, cwd=folder)
        deadline = time.monotonic() + PATIENCE_S
        while not self.socket.exists():
            assert time.monotonic() < deadline, "Neovim did not start"
            assert self.process.poll() is None, "Neovim ended"
            time.sleep(0.02)

    def _remote(self, flag: str, text: str) -> str:
        done = subprocess.run(
            [self.program, "--server", str(self.socket), flag, text],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout or done.stderr  # 0.7 writes the value to standard error

    def send(self, keys: str) -> None:
        self._remote("--remote-send", keys)

    def lua(self, expression: str) -> object:
        quoted = expression.replace("'", "''")
        return json.loads(self._remote("--remote-expr", f"json_encode(luaeval('{quoted}'))"))

    def until(self, expression: str, wanted: object) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while (found := self.lua(expression)) != wanted:
            assert time.monotonic() < deadline, (
                f"{expression} is {found!r}, not {wanted!r}: {self.lua(MESSAGES)}"
            )
            time.sleep(0.05)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


MESSAGES = "vim.fn.execute('messages')"
LIST = "vim.api.nvim_buf_get_lines(require('nightdex.picker').current.list, 0, -1, false)"
FILE = "vim.api.nvim_buf_get_name(0)"
CURSOR = "vim.api.nvim_win_get_cursor(0)"
HITS = "#require('nightdex.picker').current.hits"
SAID = (
    "(vim.api.nvim_buf_get_extmarks(require('nightdex.picker').current.prompt, "
    "vim.api.nvim_create_namespace('nightdex'), 0, -1, {details = true})[1] or {0, 0, 0, "
    "{virt_text = {{''}}}})[4].virt_text[1][1]"
)

Start = Callable[..., Neovim]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts editors that end with the test."""
    program = shutil.which("nvim")
    if program is None:
        pytest.skip("no Neovim: `apt-get install neovim`")
    opened: list[Neovim] = []

    def new(*arguments: str) -> Neovim:
        opened.append(Neovim(program, tmp_path, list(arguments)))
        return opened[-1]

    yield new
    for one in opened:
        one.close()


@pytest.fixture
def nvim(start: Start, shop_api: str) -> Neovim:
    """An editor with nothing but the plugin, asking the shop."""
    configure = f"lua require('nightdex').setup({{ url = '{shop_api}/' }})"
    return start(
        "-u", "NONE", "--cmd", f"set rtp^={PLUGIN} columns=140 lines=40", "-c", "runtime plugin/nightdex.lua",
        "-c", configure,
    )  # fmt: skip


def test_the_picker_searches_while_one_types_and_opens_the_place(nvim: Neovim, shop_code: Path) -> None:
    nvim.send(":Nightdex<CR>expired token")
    nvim.until(
        f"({LIST})[1]", "shop/src/session.py:41  Session.refresh  Exchanges an expired token for a fresh one."
    )
    preview = "vim.api.nvim_buf_get_lines(require('nightdex.picker').current.preview, 0, 1, false)[1]"
    assert nvim.lua(preview) == "def refresh(self, token):"
    nvim.send("<CR>")
    nvim.until(FILE, f"{shop_code}/src/session.py")
    assert nvim.lua(CURSOR) == [41, 0]
    assert nvim.lua("#vim.api.nvim_list_wins()") == 1
    assert nvim.lua("vim.api.nvim_get_mode().mode") == "n"


def test_keys_choose_change_the_mode_and_split(nvim: Neovim, shop_code: Path) -> None:
    nvim.send(":Nightdex exchange(token)<CR>")
    nvim.until(f"{HITS} > 0", wanted=True)
    nvim.send("<Tab><Tab><Tab><Tab><Tab>")  # to exact
    nvim.until(HITS, 1)
    nvim.send("<C-n><C-p><C-v>")
    nvim.until(FILE, f"{shop_code}/src/session.py")
    # To the match itself, not only to the function.
    assert nvim.lua(CURSOR) == [43, 24]
    assert nvim.lua("#vim.api.nvim_list_wins()") == 2


def test_escape_leaves_everything_as_it_was(nvim: Neovim) -> None:
    nvim.send("ihello<Esc>:Nightdex token<CR>")
    nvim.until(f"{HITS} > 0", wanted=True)
    nvim.send("<Esc>")
    nvim.until("#vim.api.nvim_list_wins()", 1)
    assert nvim.lua("vim.api.nvim_buf_get_lines(0, 0, -1, false)") == ["hello"]


def test_hits_go_into_the_quickfix_list(nvim: Neovim, shop_code: Path) -> None:
    nvim.send(":Nightdex! expired token repo:shop lang:python<CR>")
    nvim.until("#vim.fn.getqflist() > 1", wanted=True)
    first = "(function(i) return {vim.fn.bufname(i.bufnr), i.lnum, i.text} end)(vim.fn.getqflist()[1])"
    assert nvim.lua(first) == [
        f"{shop_code}/src/session.py", 41, "Session.refresh  Exchanges an expired token for a fresh one."
    ]  # fmt: skip
    assert nvim.lua("vim.fn.getqflist({title = 1}).title") == "nightdex: expired token repo:shop lang:python"


def test_the_picker_hands_its_hits_to_the_quickfix_list(nvim: Neovim) -> None:
    nvim.send(":Nightdex token<CR>")
    nvim.until(f"{HITS} > 1", wanted=True)
    nvim.send("<C-q>")
    nvim.until("#vim.fn.getqflist() > 1", wanted=True)
    # bank is no folder here.
    assert "have no file on this machine" in str(nvim.lua(MESSAGES))


def test_a_selection_finds_code_like_it_even_where_it_reads_like_a_qualifier(nvim: Neovim) -> None:
    nvim.send("idef fresh(self, token):<CR>path:x = self.store.exchange(token)<Esc>ggVG:NightdexSimilar<CR>")
    nvim.until(f"(({LIST})[1] or ''):match('Session.refresh')", "Session.refresh")


def test_the_word_under_the_cursor_finds_its_definition(nvim: Neovim) -> None:
    nvim.send("istep_7<Esc>:NightdexSymbol<CR>")
    nvim.until(f"({LIST})[1]", "shop/src/step_7.py:8  step_7  Step 7 of a token.")


def test_a_repository_that_is_not_here_is_said_to_be(nvim: Neovim) -> None:
    nvim.send(":Nightdex OpenVault repo:bank<CR>")
    nvim.until(HITS, 1)
    nvim.send("<CR>")
    nvim.until(SAID, "bank is not a folder of this machine; name it in `roots`")


def test_a_bad_query_and_a_missing_server_say_what_to_do(nvim: Neovim) -> None:
    nvim.send(":Nightdex -kind:x token<CR>")
    nvim.until(f"({SAID}):match('only .path: can')", "only -path: can")
    nvim.send("<Esc>:lua require('nightdex').setup({ url = 'http://127.0.0.1:9' })<CR>")
    nvim.send(":Nightdex token<CR>")
    nvim.until(f"({SAID}):match('is `nightdex serve` running')", "is `nightdex serve` running")


def test_a_key_is_sent_and_on_no_command_line(nvim: Neovim, tmp_path: Path) -> None:
    # Stands in for curl and keeps what it was given.
    spy = tmp_path / "bin" / "curl"
    spy.parent.mkdir()
    spy.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncat > {tmp_path}/stdin\nprintf "{{}}\\n500"\n'
    )
    spy.chmod(0o755)
    nvim.send(f":let $PATH = '{spy.parent}:' . $PATH<CR>")
    nvim.send(""":lua require('nightdex').setup({ key = 'ndx_"secret' })<CR>:Nightdex to"ken<CR>""")
    nvim.until(SAID, "nightdex answered with status 500")
    assert "secret" not in (tmp_path / "arguments").read_text()
    sent = (tmp_path / "stdin").read_text()
    assert 'header = "Authorization: Bearer ndx_\\"secret"' in sent
    assert r"\"query\":\"to\\\"ken\"" in sent.replace(" ", "")


def test_what_setup_writes_makes_neovim_know_the_commands(
    start: Start, tmp_path: Path, shop_api: str
) -> None:
    launch = Launch("", (), "", shop_api, str(PLUGIN))
    apply_change(plan_change("nvim", launch, {"XDG_CONFIG_HOME": str(tmp_path / "config")}))
    nvim = start()
    nvim.send(":Nightdex! expired token<CR>")
    nvim.until("#vim.fn.getqflist() > 1", wanted=True)
    nvim.send(":help nightdex<CR>")
    nvim.until("vim.bo.filetype", "help")
