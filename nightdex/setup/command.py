"""`nightdex setup`: show what would change, ask, change it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from index_store.durable import write_durably
from nightdex.errors import SetupRefused
from nightdex.setup.clients import CLIENTS, Launch
from nightdex.setup.systemd import HEAD, SYSTEM_FOLDER, UNITS, Services, unit

if TYPE_CHECKING:
    from nightdex.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one file; the two texts are equal where nothing does, "" is no file.

    `mode` is what a new file may be read by; one that was there keeps its rights.
    """

    client: str
    path: Path
    before: str
    after: str
    mode: int = 0o600

    @property
    def differs(self) -> bool:
        """Whether anything happens."""
        return self.before != self.after

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
        mode = path.stat().st_mode & 0o777 if path.exists() else change.mode
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
    document = {"client": client, **_told(change)}
    then = f"{CLIENTS[client].then}." if launch else ""
    return _make((change,), document, then, ask, yes=yes, as_json=as_json)


def plan_units(services: Services | None, folder: Path) -> tuple[Change, ...]:
    """What a setup of the services would do, unit by unit. Without services it takes an earlier one back.

    Raises:
        SetupRefused: a unit of that name is somebody else's, or cannot be read.
    """
    changes = []
    for name in UNITS:
        path = folder / name
        try:
            before = path.read_bytes().decode() if path.exists() else ""
        except (OSError, UnicodeDecodeError) as error:
            raise SetupRefused(f"{path} cannot be read: {error}.") from None
        written = before.startswith(HEAD)
        if services is not None and before and not written:
            raise SetupRefused(f"{path} was not written by nightdex; move it away first.")
        after = unit(name, services) if services else "" if written else before
        changes.append(Change("systemd", path, before, after, 0o644))
    return tuple(changes)


def setup_systemd_command(
    services: Services | None,
    folder: Path,
    *,
    yes: bool,
    as_json: bool,
    ask: Callable[[str], str] = input,
) -> int:
    """Show the units and write them, or take them back; what systemd has to be told is said.

    Raises:
        SetupRefused: it cannot be done safely, or nobody is there to say yes.
    """
    changes = plan_units(services, folder)
    document = {"client": "systemd", "files": [_told(change) for change in changes]}
    systemctl = "systemctl" if folder == SYSTEM_FOLDER else "systemctl --user"
    then = f"{systemctl} daemon-reload"
    if services:
        then += f" && {systemctl} enable --now nightdex-index.timer nightdex-api.service"
    return _make(changes, document, then, ask, yes=yes, as_json=as_json)


def _make(
    changes: Sequence[Change],
    document: Mapping[str, object],
    then: str,
    ask: Callable[[str], str],
    *,
    yes: bool,
    as_json: bool,
) -> int:
    """Show the changes, make them all after one yes, and say what is to be done `then`; the exit status.

    With `as_json` all that is said is the document.
    """
    due = [change for change in changes if change.differs]
    say: Callable[[str], object] = (lambda _: None) if as_json else sys.stdout.write
    for change in changes:
        say(change.diff if change.differs else f"{change.path} needs no change.\n")
    if due:
        _agree(due, ask, yes=yes)
    for change in due:
        apply_change(change)
        say(f"{'Done' if change.after else 'Taken back'}: {change.path}\n")
    if due and then:
        say(f"Next: {then}\n")
    if as_json:
        sys.stdout.write(json.dumps(document) + "\n")
    return 0


def _told(change: Change) -> dict[str, object]:
    return {"file": str(change.path), "changed": change.differs, "diff": change.diff}


def _agree(changes: Sequence[Change], ask: Callable[[str], str], *, yes: bool) -> None:
    if yes:
        return
    names = ", ".join(str(change.path) for change in changes)
    unchanged = f"{names} {'was' if len(changes) == 1 else 'were'} not changed"
    if not sys.stdin.isatty():
        raise SetupRefused(f"{unchanged}: add --yes to do it without a question.")
    sys.stdout.flush()
    if ask("Change it? [y/N] ").strip().lower() not in {"y", "yes"}:
        raise SetupRefused(f"{unchanged}.")


def launch_of(configuration: Configuration, *, http: bool) -> Launch:
    """How clients of this installation reach it."""
    host, port = configuration.settings.api.host, configuration.settings.api.port
    page = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    return Launch(
        command=program(),
        arguments=("mcp", "--config", str(configuration.path.resolve())),
        url=f"{page}/mcp" if http else "",
        page=page,
        plugin=str(shipped("integrations/neovim", "neovim")),
    )


def program() -> str:
    """What starts nightdex from anywhere."""
    begun = Path(sys.argv[0])
    command = begun.resolve() if begun.name == "nightdex" and begun.exists() else None
    return str(command or shutil.which("nightdex") or "nightdex")


def shipped(in_checkout: str, in_wheel: str) -> Path:
    """A folder that is no Python: in the checkout that runs, else where the wheel put it."""
    checkout = Path(__file__).parents[2] / in_checkout
    return checkout if checkout.is_dir() else Path(sysconfig.get_path("data"), "share", "nightdex", in_wheel)
