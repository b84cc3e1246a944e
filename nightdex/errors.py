"""Errors of the front door. The docstring says what happened; the message says what to do.

NightdexError
├── ConfigurationError        repos.toml cannot be used (exit 12)
│   ├── ConfigurationMissing  there is none
│   └── ConfigurationInvalid  it says something that cannot be done; every problem is named
├── BackupRefused             a backup would replace what it must not
├── BackupFailed              a backup could not be made or restored as a whole
├── BackupUnusable            what is to be restored is no backup, damaged, or of another format
├── RestoreRefused            a restore would overwrite something
├── RayMissing                the engine that was asked for is not installed (exit 12)
├── SetupRefused              somebody's configuration was not changed
├── NothingToNotify           there is nobody to tell (exit 12)
└── UnknownRepository         a name on the command line that repos.toml does not have (exit 2)
"""

from __future__ import annotations

from collections.abc import Sequence


class NightdexError(Exception):
    """Base of everything the front door raises on purpose."""

    code = "nightdex_error"
    exit_status = 1


class ConfigurationError(NightdexError):
    """repos.toml cannot be used."""

    code = "configuration_error"
    exit_status = 12


class ConfigurationMissing(ConfigurationError):
    """There is no repos.toml where one was looked for."""

    code = "configuration_missing"


class ConfigurationInvalid(ConfigurationError):
    """repos.toml says something that cannot be done; `problems` has one line for each thing to mend."""

    code = "configuration_invalid"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class RayMissing(NightdexError):
    """The engine on a Ray cluster needs the extra `ray`, which is not installed."""

    code = "ray_missing"
    exit_status = 12


class SetupRefused(NightdexError):
    """The configuration of an agent or editor was not changed; the message says why."""

    code = "setup_refused"


class BackupRefused(NightdexError):
    """Something else is where the backup is to go."""

    code = "backup_refused"


class BackupFailed(NightdexError):
    """A backup was not made, or not restored as a whole; the index that served still does."""

    code = "backup_failed"


class BackupUnusable(NightdexError):
    """What is to be restored is no backup, is damaged, or of a format that this nightdex does not read."""

    code = "backup_unusable"


class RestoreRefused(NightdexError):
    """A restore would overwrite something, and nobody said that it may."""

    code = "restore_refused"


class NothingToNotify(NightdexError):
    """repos.toml names no webhook and no command."""

    code = "nothing_to_notify"
    exit_status = 12


class UnknownRepository(NightdexError):
    """The command line names a repository that repos.toml does not have."""

    code = "unknown_repository"
    exit_status = 2
