"""What every source promises: a list of its files, and their bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class EntryKind(StrEnum):
    """What a tree entry is."""

    FILE = "file"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a source at its snapshot.

    Attributes:
        path: relative, "/"-separated. Bytes that are not UTF-8 are kept as surrogate escapes.
        blob_id: names the content: the git blob id, or for plain folders one computed the same way.
        size: bytes, or None where listing did not tell.
        kind: file, symlink or submodule.
    """

    path: str
    blob_id: str
    size: int | None
    kind: EntryKind = EntryKind.FILE


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A source at one moment.

    Attributes:
        commit: its id; "" for folders and empty repositories.
        committed_at: Unix seconds; 0 where there is no commit.
        entries: every file, in the order of the source.
        stale_reason: why this is an older state than the one asked for: a mirror whose remote cannot be
            fetched; "" when it is fresh.
    """

    commit: str
    committed_at: int
    entries: Sequence[Entry]
    stale_reason: str = ""


class Source(Protocol):
    """Something that can be indexed. Not thread-safe; close it."""

    @property
    def name(self) -> str:
        """The repository name hits carry; unique in repos.toml."""
        ...

    def snapshot(self) -> Snapshot:
        """List every entry once, before any skipping.

        Raises:
            SourceMissing: the path is gone.
            SourceUnreadable: it cannot be listed; the message carries git's own words.
        """
        ...

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | None]]:
        """Yield the bytes of each entry in the given order; None where its object is missing.

        Raises:
            SourceUnreadable: reading broke off (a corrupt pack, a permission).
        """
        ...

    def close(self) -> None:
        """Release processes and file handles."""
        ...
