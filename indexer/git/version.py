"""Which git is installed, and which one the indexer needs."""

from __future__ import annotations

import re
from pathlib import Path

from indexer.errors import SourceUnreadable
from indexer.git.command import ask_git

# Since 2.38 safe.directory counts on the command line, so a clone that belongs to somebody else can be read.
OLDEST_GIT = (2, 38)

_VERSION = re.compile(r"git version (\d+)\.(\d+)(?:\.(\d+))?")


def git_version() -> tuple[int, ...]:
    """The version of the git on PATH, e.g. (2, 39, 5).

    Raises:
        SourceUnreadable: there is none, or it does not say.
    """
    said, _ = ask_git(Path("/"), "version")
    found = _VERSION.match(said)
    if found is None:
        raise SourceUnreadable(
            f"git calls its version {said!a}: install git {'.'.join(map(str, OLDEST_GIT))}"
        )
    return tuple(int(part) for part in found.groups() if part is not None)
