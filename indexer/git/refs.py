"""The commit of a branch, read from the files in which git keeps refs, without starting git."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from indexer.limits import MAX_PACKED_REFS_BYTES, MAX_REF_BYTES

_COMMIT = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LOCAL = b"refs/heads/"


def peek_commit(git_dir: Path, branch: str) -> str:
    """The commit of a local branch ("" means HEAD), or "" where only git can tell: a tag, another ref store.

    Nothing is looked up in the object store: the commit is the one that the ref names, whether or not its
    objects are there.
    """
    ref = _LOCAL + os.fsencode(branch) if branch else b"HEAD"
    try:
        common = _common_dir(git_dir)
        if not (common / "objects").is_dir():
            return ""
        found = _read(git_dir / os.fsdecode(ref) if not branch else common / os.fsdecode(ref), MAX_REF_BYTES)
        if found.startswith(b"ref: " + _LOCAL):
            ref = found.removeprefix(b"ref: ").strip()
            if b".." in ref:
                return ""
            found = _read(common / os.fsdecode(ref), MAX_REF_BYTES)
        found = found.strip() or _packed(common, ref)
    except (OSError, ValueError):
        return ""
    return found.decode("ascii") if _COMMIT.fullmatch(found) else ""


def _common_dir(git_dir: Path) -> Path:
    """Where a linked worktree shares its refs with the others."""
    named = _read(git_dir / "commondir", MAX_REF_BYTES).strip()
    return git_dir / os.fsdecode(named) if named else git_dir


def _packed(common: Path, ref: bytes) -> bytes:
    packed = _read(common / "packed-refs", MAX_PACKED_REFS_BYTES)
    end = packed.find(b" " + ref + b"\n")
    return packed[packed.rfind(b"\n", 0, end) + 1 : end] if end >= 0 else b""


def _read(path: Path, limit: int) -> bytes:
    """The file, b"" where there is none. SECURITY: never a pipe, which would wait, nor what is over-long."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return b""
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_size > limit:
            raise ValueError(f"{path} is no file of refs")
        return file.read()
