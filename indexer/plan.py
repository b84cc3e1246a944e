"""What one repository needs tonight: pure, from the last inventory and the new listing.

A file whose blob did not change costs nothing more than this comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from index_store.schema import FileRow
from indexer.intake.skip import SkipReason
from indexer.sources.source import Entry


@dataclass(frozen=True, slots=True)
class RepositoryPlan:
    """The work on one repository.

    Attributes:
        keep: files that stay exactly as the last generation has them.
        skipped: entries left out by name, kind or size, each with its reason.
        read: entries whose bytes must be read: added, changed and moved files.
        drop: paths whose stored chunks must go: changed, gone and newly left-out files.
        twins: entries whose path was listed before, in a tree that git would not have made; the first counts.
        added, changed, moved, gone: how many files of each (moved: known content at a new path).
    """

    keep: tuple[FileRow, ...]
    skipped: tuple[tuple[Entry, SkipReason], ...]
    read: tuple[Entry, ...]
    drop: tuple[str, ...]
    twins: tuple[Entry, ...]
    added: int
    changed: int
    moved: int
    gone: int

    @property
    def found(self) -> int:
        """Entries in the listing; every one ends up chunked or skipped."""
        return len(self.keep) + len(self.skipped) + len(self.read) + len(self.twins)


def plan_repository(
    entries: Sequence[Entry],
    previous: Mapping[str, FileRow],
    admit: Callable[[Entry], SkipReason | None],
    stored_path: Callable[[str], str] = str,
) -> RepositoryPlan:
    """Compare a listing with the last inventory (path -> row, as stored) of the same repository.

    `admit` is asked about every entry each night, so that a changed include or exclude takes effect on
    files whose content did not change. `stored_path` maps an entry's path to the one in the inventory.
    """
    keep: list[FileRow] = []
    skipped: list[tuple[Entry, SkipReason]] = []
    read: list[Entry] = []
    drop: list[str] = []
    twins: list[Entry] = []
    added = changed = moved = 0
    listed: set[str] = set()
    paths_now = {stored_path(entry.path) for entry in entries}
    gone_blobs = {row.blob_id for path, row in previous.items() if path not in paths_now and row.chunks}

    for entry in entries:
        path = stored_path(entry.path)
        if path in listed:
            twins.append(entry)
            continue
        listed.add(path)
        before = previous.get(path)
        reason = admit(entry)
        if reason is not None:
            skipped.append((entry, reason))
            if before is not None and before.chunks:
                drop.append(path)
        elif before is not None and before.blob_id == entry.blob_id != "" and _stands(before):
            keep.append(before)
        else:
            read.append(entry)
            if before is not None and before.chunks:
                drop.append(path)
            if before is not None:
                changed += 1
            elif entry.blob_id in gone_blobs:
                moved += 1
            else:
                added += 1

    gone = [path for path, row in previous.items() if path not in listed]
    drop.extend(path for path in gone if previous[path].chunks)
    return RepositoryPlan(
        tuple(keep),
        tuple(skipped),
        tuple(read),
        tuple(drop),
        tuple(twins),
        added,
        changed,
        moved,
        max(0, len(gone) - moved),
    )


# Reasons that follow from the bytes alone: the same blob gives the same verdict again.
_VERDICTS_OF_CONTENT = frozenset(
    {
        SkipReason.BINARY,
        SkipReason.EMPTY,
        SkipReason.GENERATED,
        SkipReason.MINIFIED,
        SkipReason.LFS_POINTER,
        SkipReason.UNDECODABLE,
    }
)


def _stands(row: FileRow) -> bool:
    return row.chunks > 0 or row.skip_reason in _VERDICTS_OF_CONTENT
