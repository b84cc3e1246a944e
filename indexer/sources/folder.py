"""A folder that is no git repository, read as it stands."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from indexer.errors import SourceMissing, SourceUnreadable
from indexer.limits import MAX_FILE_BYTES
from indexer.sources.source import Entry, EntryKind, Snapshot
from indexer.sources.walk import Found, read_beneath, walk


class FolderSource:
    """The files of a folder that no .gitignore leaves out.

    A file that may not be read is listed without a size or blob id and reads as None: it is recorded, and
    the night goes on. A file over the size limit is listed without a blob id.
    """

    def __init__(self, name: str, folder: Path, suffix: str = "") -> None:
        self._name = name
        self._root = os.fsencode(folder)
        self._suffix = os.fsencode(suffix)

    @property
    def name(self) -> str:
        """See `Source.name`."""
        return self._name

    def snapshot(self) -> Snapshot:
        """See `Source.snapshot`. Reads every file, for its blob id."""
        self._require_root()
        found = (
            file for file in walk(self._root, self._tracked()) if file.path.lower().endswith(self._suffix)
        )
        return Snapshot("", 0, [self._entry(file) for file in found])

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | None]]:
        """See `Source.read`. A file changed since the snapshot comes with the blob id of its new bytes."""
        for entry in entries:
            data = read_beneath(self._root, _path(entry), MAX_FILE_BYTES + 1)
            if data is None:
                self._require_root()
            yield entry if data is None else replace(entry, blob_id=blob_id(data), size=len(data)), data

    def close(self) -> None:
        """Nothing is held."""

    def _tracked(self) -> frozenset[bytes] | set[bytes]:
        return frozenset()

    def _require_root(self) -> None:
        try:
            os.stat(self._root)  # noqa: PTH116 - the path is bytes
        except PermissionError as error:
            raise SourceUnreadable(
                f"{os.fsdecode(self._root)} may not be read by this user; correct its permissions"
            ) from error
        except OSError as error:
            raise SourceMissing(
                f"{os.fsdecode(self._root)} does not exist: correct its path in repos.toml, or mount its disk"
            ) from error

    def _entry(self, found: Found) -> Entry:
        path = found.path.decode("utf-8", "surrogateescape")
        if found.kind is not EntryKind.FILE or found.size is None or found.size > MAX_FILE_BYTES:
            return Entry(path, "", found.size, found.kind)
        data = read_beneath(self._root, found.path, MAX_FILE_BYTES + 1)
        return Entry(path, "", None) if data is None else Entry(path, blob_id(data), len(data))


def blob_id(data: bytes) -> str:
    """Name bytes as git does: SHA-1 over "blob", the length and the bytes."""
    return hashlib.sha1(b"blob %d\0%b" % (len(data), data), usedforsecurity=False).hexdigest()


def _path(entry: Entry) -> bytes:
    return entry.path.encode("utf-8", "surrogateescape")
