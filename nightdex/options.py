"""What every command line has: its common options, and how it begins."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from nightdex.configuration import Configuration

# ruff: noqa: PLC0415 - pydantic takes a tenth of a second; only commands that read a repos.toml pay

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The repos.toml to use. Default: $NIGHTDEX_CONFIG, ./repos.toml, ~/.config/nightdex/repos.toml.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON, errors too.")]


def begin(config: Path | None, log_level: int = logging.WARNING) -> Path:
    """Turn the logs on, and find the repos.toml."""
    from nightdex.logs import configure_logs
    from nightdex.whereabouts import find_file

    configure_logs(log_level)
    return find_file(config, os.environ)


def begin_quietly(config: Path | None) -> Path:
    """The same for a command that may have nothing to log; it configures the logs before it imports much."""
    from nightdex.logs import configure_logs_late
    from nightdex.whereabouts import find_file

    configure_logs_late()
    return find_file(config, os.environ)


def configuration_of(config: Path | None, log_level: int = logging.WARNING) -> Configuration:
    """Read the repos.toml."""
    from nightdex.configuration import load_configuration

    return load_configuration(begin(config, log_level))


def terminate(*_: object) -> None:
    """End as after an interruption, `finally` blocks included: the handler of SIGTERM."""
    from nightdex.failures import TERMINATED

    sys.exit(TERMINATED)
