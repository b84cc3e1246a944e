"""The services of systemd/, as this installation and its repos.toml have them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from pwd import getpwuid
from typing import TYPE_CHECKING

from nightdex.errors import SetupRefused
from nightdex.whereabouts import absolute

if TYPE_CHECKING:
    from nightdex.configuration import Configuration

HEAD = "# Written by `nightdex setup systemd`; `nightdex setup systemd --undo` removes it."
UNITS = (
    "nightdex-index.service",
    "nightdex-index.timer",
    "nightdex-api.service",
    "nightdex-schedule.service",
    "nightdex-failure@.service",
)
SYSTEM_FOLDER = Path("/etc/systemd/system")
FOR_ALL, FOR_SYSTEM = "hardening.conf", "hardening-system.conf"
# Only the manager of the system can change who a service runs as, or mount a file system anew for it.
_SYSTEM_KEYS = ("User=", "ReadWritePaths=")
_DATA = ".local/share/nightdex"


@dataclass(frozen=True, slots=True)
class Services:
    """What the templates leave open. `user` is "" for services of the user's own manager."""

    templates: Path
    command: Path
    config: Path
    state: Path
    ledger: Path
    home: Path
    at: str
    timezone: str
    user: str


def services_of(configuration: Configuration, command: str, templates: Path, *, own: bool) -> Services:
    """The services for a repos.toml; `own` are those of the user's own manager.

    The others run as the owner of repos.toml, whose home a ~ in it means.

    Raises:
        SetupRefused: they could not run.
    """
    path = configuration.path.resolve()
    try:
        owner = getpwuid(path.stat().st_uid)
    except KeyError:
        raise SetupRefused(f"{path} belongs to nobody; the services run as its owner: chown it.") from None
    if not own and owner.pw_uid == 0:
        raise SetupRefused(
            f"{path} belongs to root, and the services run as its owner: chown it to a user who may read the "
            "repositories, or use --user."
        )
    program = shutil.which(command)
    if program is None:
        raise SetupRefused(f"there is no program {command!a} that a service could start; install nightdex.")
    home, settings = Path(owner.pw_dir), configuration.settings

    def there(text: str) -> Path:
        return absolute(str(home / text[2:]) if text.startswith("~/") else text, path)

    state = there(configuration.local_state)
    if not state.is_dir():
        raise SetupRefused(f"there is no {state} yet: run `nightdex run` once, then this again.")
    return Services(
        templates,
        Path(program),
        path,
        state,
        there(settings.chain.ledger).parent if settings.chain.ledger else home / _DATA,
        home,
        settings.schedule.at,
        settings.schedule.timezone,
        "" if own else owner.pw_name,
    )


def unit_folder(environment: Mapping[str, str], *, own: bool) -> Path:
    """Where the units of the system, or of the user's own manager, are."""
    if not own:
        return SYSTEM_FOLDER
    home = Path(environment.get("HOME") or Path.home())
    return Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "systemd" / "user"


def unit(name: str, services: Services) -> str:
    """The text of one unit.

    Raises:
        SetupRefused: a path in it cannot be written down.
    """
    words = {
        "NIGHTDEX": _word(services.command, starts=True),
        "CONFIG": _word(services.config, starts=True),
        "STATE": _word(services.state),
        # Neither has to be there.
        "LEDGER": _word(services.ledger, optional=True),
        "AGENTS": " ".join(_word(services.home / name, optional=True) for name in (".claude", ".codex")),
        "USER": services.user,
        "TARGET": "multi-user.target" if services.user else "default.target",
        "AT": services.at,
        "ZONE": f" {services.timezone}" if services.timezone else "",
    }
    lines = [HEAD, *_lines(name, services)]
    return "".join(re.sub("@([A-Z]+)@", lambda found: words[found[1]], line) + "\n" for line in lines)


def _lines(name: str, services: Services) -> Iterator[str]:
    for line in (services.templates / name).read_text().splitlines():
        if line == "@HARDENING@":
            yield from (services.templates / FOR_ALL).read_text().splitlines()
            if services.user:
                yield from (services.templates / FOR_SYSTEM).read_text().splitlines()
        elif services.user or not line.startswith(_SYSTEM_KEYS):
            yield line


def _word(path: Path, *, starts: bool = False, optional: bool = False) -> str:
    """A path as systemd reads it; where one `starts` a program `$` means something, `-` may be missing."""
    text = str(path)
    if not text.isprintable():
        raise SetupRefused(f"{text!a} cannot be written into a unit: give it another name.")
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{"-" if optional else ""}{text.replace("$", "$$") if starts else text}"'
