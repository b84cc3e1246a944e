"""The agents and editors that can be told about nightdex: where each keeps its configuration."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nightdex.errors import SetupRefused
from nightdex.setup.jsonc import member_of, with_member, without_member

NAME = "nightdex"
_BEGIN, _END = "# nightdex: begin", "# nightdex: end"


@dataclass(frozen=True, slots=True)
class Launch:
    """How a client reaches nightdex: it starts a command or, where `url` is not "", asks a running server."""

    command: str
    arguments: tuple[str, ...]
    url: str
    page: str
    plugin: str


@dataclass(frozen=True, slots=True)
class Client:
    """One agent or editor.

    Attributes:
        file: its configuration, from the environment of the user.
        added: a configuration's text with nightdex in it; "" stands for a file that is not there.
        taken: the same text without it; "" where nothing is left.
        then: what the user does next.
    """

    file: Callable[[Mapping[str, str]], Path]
    added: Callable[[str, Launch], str]
    taken: Callable[[str], str]
    then: str


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("HOME") or Path.home())


def _config_home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("XDG_CONFIG_HOME") or _home(environment) / ".config")


def _claude_file(environment: Mapping[str, str]) -> Path:
    # Claude Code keeps servers of the user beside its folder, and inside it where that was moved.
    moved = environment.get("CLAUDE_CONFIG_DIR")
    return Path(moved, ".claude.json") if moved else _home(environment) / ".claude.json"


def _codex_file(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("CODEX_HOME") or _home(environment) / ".codex") / "config.toml"


def _server(launch: Launch, *, typed: bool) -> dict[str, object]:
    if launch.url:
        return {"type": "http", "url": launch.url} if typed else {"url": launch.url}
    words: dict[str, object] = {"command": launch.command, "args": list(launch.arguments)}
    return {"type": "stdio", **words} if typed else words


def _json_added(container: str, text: str, launch: Launch, *, typed: bool) -> str:
    server = _server(launch, typed=typed)
    if member_of(text, (container, NAME)) == server:
        return text
    return with_member(text, (container, NAME), server)


def _json_taken(container: str, text: str) -> str:
    left = without_member(text, (container, NAME))
    return "" if not left.strip() or left.split() == ["{", "}"] or left.strip() == "{}" else left


def _toml_added(text: str, launch: Launch) -> str:
    rest = _toml_taken(text)
    _read_toml(text)
    if NAME in _servers(rest):
        raise SetupRefused(f"it has an [mcp_servers.{NAME}] of its own; remove that first.")
    words = _server(launch, typed=False)
    # A JSON string or list of strings is a TOML one too.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in words.items()]
    block = "\n".join([_BEGIN, f"[mcp_servers.{NAME}]", *lines, _END]) + "\n"
    added = rest + ("" if not rest or rest.endswith("\n") else "\n") + ("\n" if rest.strip() else "") + block
    _read_toml(added)
    return text if _toml_block(text) == block else added


def _toml_block(text: str) -> str:
    begin, end = text.find(_BEGIN), text.find(_END)
    return text[begin : end + len(_END) + 1] if 0 <= begin < end else ""


def _toml_taken(text: str) -> str:
    block = _toml_block(text)
    if not block:
        return text
    before, after = text.split(block, 1)
    return (before.removesuffix("\n") if before.endswith("\n\n") else before) + after


def _servers(text: str) -> Mapping[str, object]:
    servers = _read_toml(text).get("mcp_servers", {})
    return servers if isinstance(servers, dict) else {}


def _read_toml(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SetupRefused(f"it is not TOML ({error}); mend the file first.") from None


def _nvim_added(text: str, launch: Launch) -> str:
    if text and _NVIM_HEAD not in text:
        raise SetupRefused("it was not written by nightdex; move it away first.")
    return (
        f"{_NVIM_HEAD}\n"
        f"vim.opt.runtimepath:append({_lua(launch.plugin)})\n"
        # Neovim has made its list of plugins by then.
        f"vim.cmd('source ' .. vim.fn.fnameescape({_lua(launch.plugin + '/plugin/nightdex.lua')}))\n"
        f"require('nightdex').setup({{ url = {_lua(launch.page)} }})\n"
    )


def _lua(text: str) -> str:
    level = "="
    while f"]{level}]" in text:
        level += "="
    return f"[{level}[{text}]{level}]"


_NVIM_HEAD = "-- Written by `nightdex setup nvim`; `nightdex setup nvim --undo` removes it."

CLIENTS: Mapping[str, Client] = {
    "claude": Client(
        _claude_file,
        partial(_json_added, "mcpServers", typed=True),
        partial(_json_taken, "mcpServers"),
        "start Claude Code and look at /mcp",
    ),
    "codex": Client(_codex_file, _toml_added, _toml_taken, "start Codex and look at /mcp"),
    "cursor": Client(
        lambda environment: _home(environment) / ".cursor" / "mcp.json",
        partial(_json_added, "mcpServers", typed=False),
        partial(_json_taken, "mcpServers"),
        "Cursor shows it under Settings, MCP",
    ),
    "vscode": Client(
        lambda environment: _config_home(environment) / "Code" / "User" / "mcp.json",
        partial(_json_added, "servers", typed=True),
        partial(_json_taken, "servers"),
        "VS Code shows it under `MCP: List Servers`",
    ),
    "nvim": Client(
        lambda environment: _config_home(environment) / "nvim" / "plugin" / "nightdex.lua",
        _nvim_added,
        lambda text: "" if _NVIM_HEAD in text else text,
        "start Neovim and write :Nightdex",
    ),
}
