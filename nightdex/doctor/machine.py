"""Checks of the machine: git, and the directory the index lives in."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from index_store.generations import serving_manifest
from indexer.errors import SourceUnreadable
from indexer.git.version import OLDEST_GIT, git_version
from nightdex.configuration import Configuration
from nightdex.doctor.finding import Finding, error, note, ok, warning
from nightdex.doctor.limits import LEAST_FREE_BYTES
from nightdex.doctor.sizes import gigabytes


def check_git(_: Configuration) -> Iterator[Finding]:
    """Whether git is there and new enough."""
    try:
        version = git_version()
    except SourceUnreadable as missing:
        found, _colon, remedy = str(missing).partition(": ")
        yield error(found, remedy)
        return
    shown, oldest = (".".join(map(str, parts)) for parts in (version, OLDEST_GIT))
    if version < OLDEST_GIT:
        found = f"version {shown} cannot be told to read a clone that belongs to another user"
        yield warning(found, f"install git {oldest} or newer", version=shown)
    else:
        yield ok(f"version {shown}", version=shown)


def check_state_dir(configuration: Configuration) -> Iterator[Finding]:
    """Whether the index can be written, and grown without copying all of it."""
    state_dir = configuration.state_dir
    folder = _nearest(state_dir)
    if not folder.is_dir():
        yield error(f"{folder} is a file", "name a directory as state_dir in repos.toml")
        return
    if folder != state_dir:
        if os.access(folder, os.W_OK | os.X_OK):
            yield ok(f"{state_dir} is not there yet and can be made")
        else:
            yield error(f"{state_dir} cannot be made in {folder}", _writable(folder))
        return
    try:
        with tempfile.NamedTemporaryFile(dir=state_dir, prefix=".doctor-") as file:
            linked = _can_link(Path(file.name))
    except OSError as refused:
        yield error(f"{state_dir} cannot be written ({refused.strerror})", _writable(state_dir))
        return
    if linked and _others_read(state_dir):
        found = f"{state_dir} can be written, and read by every user of this machine: it holds your code"
        yield note(found, f"run `chmod 700 {state_dir}`")
    elif linked:
        yield ok(f"{state_dir} can be written")
    else:
        found = f"{state_dir} is on a file system without hard links: every night copies the whole index"
        yield warning(found, "move state_dir to a local disk with ext4, xfs or btrfs")


def check_disk(configuration: Configuration) -> Iterator[Finding]:
    """Whether there is room for tonight, and for building the whole index anew beside the old one."""
    free = shutil.disk_usage(_nearest(configuration.state_dir)).free
    manifest = serving_manifest(configuration.state_dir)
    index = sum(size for size, _ in manifest.files.values()) if manifest else 0
    details = {"free_bytes": free, "index_bytes": index}
    remedy = "free some space, or move state_dir to a larger disk"
    if free < LEAST_FREE_BYTES:
        yield error(f"only {gigabytes(free)} are free below state_dir", remedy, **details)
    elif free < index + LEAST_FREE_BYTES:
        found = f"{gigabytes(free)} are free, too little to build an index of {gigabytes(index)} anew"
        yield warning(found, remedy, **details)
    else:
        taken = f"; the index takes {gigabytes(index)}" if index else ""
        yield ok(f"{gigabytes(free)} are free{taken}", **details)


def _others_read(folder: Path) -> bool:
    """Whether every user can list it: its own mode says so, and no folder above it forbids."""
    return bool(folder.stat().st_mode & stat.S_IROTH) and all(
        one.stat().st_mode & stat.S_IXOTH for one in (folder, *folder.resolve().parents)
    )


def _nearest(path: Path) -> Path:
    """The path, or the first above it that is there."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _can_link(path: Path) -> bool:
    beside = path.with_name(f"{path.name}-link")
    try:
        beside.hardlink_to(path)
    except OSError:
        return False
    beside.unlink()
    return True


def _writable(folder: Path) -> str:
    return f"give this user the right to write to {folder}, or name another state_dir in repos.toml"
