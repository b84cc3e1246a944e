"""Walks a folder the way git would look at it: .gitignore files count, symbolic links are not followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from indexer.errors import SourceUnreadable
from indexer.limits import MAX_IGNORE_FILE_BYTES, MAX_LISTING_BYTES
from indexer.sources.ignore import IgnoreRules
from indexer.sources.source import EntryKind


@dataclass(frozen=True, slots=True)
class Found:
    """One file below a folder: path, kind, and bytes (None when it may not be looked at)."""

    path: bytes
    kind: EntryKind
    size: int | None


def walk(root: bytes, tracked: AbstractSet[bytes] = frozenset()) -> Iterator[Found]:
    """Yield the files below `root` that no .gitignore leaves out, and those in `tracked`, in order.

    A nested repository is one entry, like a submodule. A folder that may not be read is one entry without a
    size. Sockets, pipes and devices are passed over, as git does.

    Raises:
        SourceUnreadable: the root itself cannot be read, or there is no end of files.
    """
    wanted = _with_folders(tracked)
    pending = [_Folder(b"", _extend(IgnoreRules(), root, b"", b".git/info/exclude"), ignored=False)]
    listed = 0
    while pending:
        folder = pending.pop()
        try:
            children = _children(root, folder.path)
        except OSError as error:
            if not folder.path:
                raise SourceUnreadable(f"{os.fsdecode(root)} cannot be listed: {error.strerror}") from error
            yield Found(folder.path.rstrip(b"/"), EntryKind.FILE, None)
            continue
        rules = folder.rules
        if not folder.ignored:
            rules = _extend(rules, root, folder.path, folder.path + b".gitignore")
        below: list[_Folder] = []
        for child in children:
            path = folder.path + child.name
            listed += len(path)
            if listed > MAX_LISTING_BYTES:
                raise SourceUnreadable(f"{os.fsdecode(root)} holds too many files to be a source of code")
            is_folder = child.is_dir(follow_symlinks=False)
            ignored = folder.ignored or rules.ignores(_text(path), is_folder=is_folder)
            if ignored and path not in wanted:
                continue
            if is_folder and not _is_repository(child.path):
                below.append(_Folder(path + b"/", rules, ignored))
            elif found := _look(child, path):
                yield found
        pending.extend(reversed(below))


@dataclass(frozen=True, slots=True)
class _Folder:
    path: bytes
    rules: IgnoreRules
    ignored: bool


def _with_folders(tracked: AbstractSet[bytes]) -> set[bytes]:
    """Add the folders of tracked files: git keeps a tracked file even where its folder is ignored."""
    wanted = set(tracked)
    for path in tracked:
        while (path := path.rpartition(b"/")[0]) and path not in wanted:
            wanted.add(path)
    return wanted


def _children(root: bytes, folder: bytes) -> list[os.DirEntry[bytes]]:
    with os.scandir(os.path.join(root, folder)) as scanned:  # noqa: PTH118 - paths are bytes here
        return sorted((child for child in scanned if child.name != b".git"), key=lambda child: child.name)


def _is_repository(folder: bytes) -> bool:
    return os.path.lexists(os.path.join(folder, b".git"))  # noqa: PTH118 - paths are bytes here


def _look(child: os.DirEntry[bytes], path: bytes) -> Found | None:
    if child.is_symlink():
        return Found(path, EntryKind.SYMLINK, None)
    if child.is_dir(follow_symlinks=False):
        return Found(path, EntryKind.SUBMODULE, None)
    try:
        status = child.stat(follow_symlinks=False)
    except OSError:
        return Found(path, EntryKind.FILE, None)
    return Found(path, EntryKind.FILE, status.st_size) if stat.S_ISREG(status.st_mode) else None


def _extend(rules: IgnoreRules, root: bytes, folder: bytes, name: bytes) -> IgnoreRules:
    data = read_beneath(root, name, MAX_IGNORE_FILE_BYTES)
    return (
        rules if data is None else rules.within(_text(folder), _text(data).replace("\r\n", "\n").split("\n"))
    )


def read_beneath(root: bytes, path: bytes, limit: int) -> bytes | None:
    """Return at most `limit` bytes of a regular file, or None where there is none or it may not be read.

    SECURITY: no component below the root may be a symbolic link, even one put there since the walk.
    """
    held = -1
    try:
        held = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        *folders, name = path.split(b"/")
        for part in folders:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=held)
            os.close(held)
            held = inner
        opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=held)
        with os.fdopen(opened, "rb") as file:
            return file.read(limit) if stat.S_ISREG(os.fstat(opened).st_mode) else None
    except OSError:
        return None
    finally:
        if held >= 0:
            os.close(held)


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
