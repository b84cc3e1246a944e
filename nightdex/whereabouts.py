"""Where repos.toml is, and where the index is that it names. Light: a command may need no more than this."""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from nightdex.errors import ConfigurationMissing

FILE_NAME = "repos.toml"
VARIABLE = "NIGHTDEX_CONFIG"
PREFIX = "NIGHTDEX_"

DEFAULT_STATE_DIR = "~/.local/share/nightdex"


def find_file(given: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the repos.toml to use: the one given, NIGHTDEX_CONFIG, ./repos.toml, or the user's.

    Raises:
        ConfigurationMissing: there is none.
    """
    if given is not None:
        return given
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE])
    home = Path(environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "nightdex" / FILE_NAME
    for candidate in (Path(FILE_NAME), home):
        if candidate.exists():
            return candidate
    raise ConfigurationMissing(
        f"there is no {FILE_NAME} here and no {home}; write one, or name one with --config or {VARIABLE}"
    )


def absolute(text: str, file: Path) -> Path:
    """Expand ~, and take a relative path to be relative to the file that names it."""
    return Path(os.path.abspath(file.parent / os.path.expanduser(text)))  # noqa: PTH100, PTH111 - keeps symlinks


def local_state(state_dir: str, local_dir: str) -> str:
    """What this machine has of the index, as repos.toml would name it: the index, or its copy.

    Raises:
        ValueError: `state_dir` begins like an object store's address, and is none.
    """
    if "://" not in state_dir:
        return state_dir
    from index_store.place import parse_place  # noqa: PLC0415 - few configurations name an object store

    place = parse_place(state_dir)
    return str(PurePosixPath(local_dir, "s3", place.bucket, place.prefix))
