"""Where a folder keeps its git directory, found without starting git and without looking above it."""

from __future__ import annotations

import os
from pathlib import Path

from indexer.errors import SourceMissing, SourceUnreadable
from indexer.limits import MAX_PATH_BYTES

_GITFILE = "gitdir: "


def find_git_dir(folder: Path) -> Path | None:
    """Return the git directory of a clone, a linked worktree, a submodule or a bare repository.

    None means that the folder is no repository. A damaged one still counts: git will say what is wrong.

    Raises:
        SourceMissing: the folder does not exist.
        SourceUnreadable: it cannot be looked into.
    """
    try:
        if not folder.exists():
            raise SourceMissing(f"{folder} does not exist: correct its path in repos.toml, or mount its disk")
        inner = folder / ".git"
        if inner.is_file():
            return _follow(inner)
        if inner.is_dir():
            return inner
        bare = (folder / "objects").is_dir() and (folder / "refs").is_dir() and (folder / "HEAD").is_file()
    except PermissionError as error:
        raise SourceUnreadable(
            f"{folder} may not be read by this user: {error.strerror}; correct its permissions"
        ) from error
    except OSError as error:
        raise SourceUnreadable(f"{folder} cannot be read: {error.strerror}") from error
    return folder if bare else None


def _follow(gitfile: Path) -> Path:
    with gitfile.open("rb") as file:
        words = os.fsdecode(file.read(MAX_PATH_BYTES)).strip()
    if not words.startswith(_GITFILE):
        raise SourceUnreadable(f"{gitfile} does not name a git directory; repair the worktree it belongs to")
    named = words.removeprefix(_GITFILE)
    try:
        target = (gitfile.parent / named).resolve()
    except (ValueError, RuntimeError) as error:  # a NUL, or links in a ring
        raise SourceUnreadable(
            f"{gitfile} does not name a git directory; repair the worktree it belongs to"
        ) from error
    if not target.is_dir():
        raise SourceUnreadable(f"{gitfile} names {target}, which is gone: run git worktree repair there")
    return target
