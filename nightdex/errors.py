"""Errors of the front door. The docstring says what happened; the message says what to do.

NightdexError
├── ConfigurationError        repos.toml cannot be used (exit 12)
│   ├── ConfigurationMissing  there is none
│   └── ConfigurationInvalid  it says something that cannot be done; every problem is named
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


class SetupRefused(NightdexError):
    """The configuration of an agent or editor was not changed; the message says why."""

    code = "setup_refused"


class NothingToNotify(NightdexError):
    """repos.toml names no webhook and no command."""

    code = "nothing_to_notify"
    exit_status = 12


class UnknownRepository(NightdexError):
    """The command line names a repository that repos.toml does not have."""

    code = "unknown_repository"
    exit_status = 2
