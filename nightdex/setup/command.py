"""`nightdex setup`: show what would change, ask, change it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from index_store.durable import write_durably
from nightdex.errors import SetupRefused
from nightdex.setup.clients import CLIENTS, Launch

if TYPE_CHECKING:
    from nightdex.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one file; the two texts are equal where nothing does, "" is no file."""

    client: str
    path: Path
    before: str
    after: str

    @property
    def diff(self) -> str:
        """The change as a unified diff."""
        return "".join(
            unified_diff(
                self.before.splitlines(keepends=True),
                self.after.splitlines(keepends=True),
                str(self.path) if self.before else "/dev/null",
                str(self.path) if self.after else "/dev/null",
            )
        )


def plan_change(client: str, launch: Launch | None, environment: Mapping[str, str]) -> Change:
    """What a setup would do; changes nothing. Without a launch it takes an earlier setup back.

    Raises:
        SetupRefused: there is no such client, or its configuration cannot be changed safely.
    """
    known = CLIENTS.get(client)
    if known is None:
        raise SetupRefused(f"there is no setup for {client!a}; there is one for {', '.join(CLIENTS)}.")
    # A link into somebody's dotfiles stays one.
    path = known.file(environment).resolve()
    try:
        before = path.read_bytes().decode() if path.exists() else ""
        after = known.taken(before) if launch is None else known.added(before, launch)
    except (OSError, UnicodeDecodeError) as error:
        raise SetupRefused(f"{path} cannot be read: {error}.") from None
    except SetupRefused as refused:
        raise SetupRefused(f"{path} is left alone: {refused}") from None
    return Change(client, path, before, after)


def apply_change(change: Change) -> None:
    """Write the file, with the rights it had, or remove it.

    Raises:
        SetupRefused: somebody wrote to it meanwhile, or it cannot be written.
    """
    path = change.path
    try:
        if (path.read_bytes().decode() if path.exists() else "") != change.before:
            raise SetupRefused(f"{path} was changed meanwhile; run it again.")
        if not change.after:
            path.unlink(missing_ok=True)
            return
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
        path.parent.mkdir(parents=True, exist_ok=True)
        # Such files hold keys: at no moment may others read what only the user could.
        before = os.umask(0o077)
        try:
            write_durably(path, change.after.encode())
        finally:
            os.umask(before)
        path.chmod(mode)
    except OSError as error:
        raise SetupRefused(f"{path} cannot be written: {error}.") from None


def setup_command(
    client: str,
    launch: Launch | None,
    environment: Mapping[str, str],
    *,
    yes: bool,
    as_json: bool,
    ask: Callable[[str], str] = input,
) -> int:
    """Show the change and make it: after a yes on a terminal, or with `--yes`; 0 also where nothing changes.

    Raises:
        SetupRefused: it cannot be done safely, or nobody is there to say yes.
    """
    change = plan_change(client, launch, environment)
    differs = change.before != change.after
    if not as_json:
        sys.stdout.write(change.diff if differs else f"{change.path} needs no change.\n")
    if differs:
        _agree(change, ask, yes=yes)
        apply_change(change)
    if as_json:
        document = {"client": client, "file": str(change.path), "changed": differs, "diff": change.diff}
        sys.stdout.write(json.dumps(document) + "\n")
    elif differs:
        then = "" if launch is None else f"Next: {CLIENTS[client].then}.\n"
        sys.stdout.write(f"{'Taken back' if launch is None else 'Done'}: {change.path}\n{then}")
    return 0


def _agree(change: Change, ask: Callable[[str], str], *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise SetupRefused(f"{change.path} was not changed: add --yes to change it without a question.")
    sys.stdout.flush()
    if ask("Change it? [y/N] ").strip().lower() not in {"y", "yes"}:
        raise SetupRefused(f"{change.path} was not changed.")


def launch_of(configuration: Configuration, *, http: bool) -> Launch:
    """How clients of this installation reach it."""
    host, port = configuration.settings.api.host, configuration.settings.api.port
    program = Path(sys.argv[0])
    command = program.resolve() if program.name == "nightdex" and program.exists() else None
    page = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    return Launch(
        command=str(command or shutil.which("nightdex") or "nightdex"),
        arguments=("mcp", "--config", str(configuration.path.resolve())),
        url=f"{page}/mcp" if http else "",
        page=page,
        plugin=str(_plugin_folder()),
    )


def _plugin_folder() -> Path:
    """The Neovim plugin: in the checkout that runs, else where the wheel put it."""
    checkout = Path(__file__).parents[2] / "integrations" / "neovim"
    return checkout if checkout.is_dir() else Path(sysconfig.get_path("data"), "share", "nightdex", "neovim")
