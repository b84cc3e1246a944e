"""What is let in by name, kind and size, before a byte is read."""

from __future__ import annotations

from functools import lru_cache

from pathspec import GitIgnoreSpec

from indexer.intake.names import is_lockfile, is_secret, is_unsafe, is_vendored
from indexer.intake.secrets import holds_secret
from indexer.intake.skip import SkipReason
from indexer.limits import MAX_FILE_BYTES
from indexer.sources.definition import SourceDefinition
from indexer.sources.ignore import patterns_of
from indexer.sources.paths import displayed_path
from indexer.sources.source import Entry, EntryKind


def admit(entry: Entry, definition: SourceDefinition) -> SkipReason | None:
    """Return why an entry is left out, or None to read it.

    A negated exclude pattern ("!vendor/ours/**") lets vendored files and lock files in; nothing lets in
    secrets and unsafe paths.
    """
    return _by_kind(entry) or _by_name(entry.path, definition) or _by_size(entry)


def _by_kind(entry: Entry) -> SkipReason | None:
    if is_unsafe(entry.path):
        return SkipReason.UNSAFE_PATH
    if entry.kind is EntryKind.SUBMODULE:
        return SkipReason.SUBMODULE
    return SkipReason.SYMLINK if entry.kind is EntryKind.SYMLINK else None


def _by_name(path: str, definition: SourceDefinition) -> SkipReason | None:
    parts = tuple(path.lower().split("/"))
    if is_secret(parts) or holds_secret(displayed_path(path)):
        return SkipReason.SECRET_FILE
    if definition.include and not _compiled(definition.include).match_file(path):
        return SkipReason.EXCLUDED
    excluded = _compiled(definition.exclude).check_file(path).include if definition.exclude else None
    if excluded is not None:
        return SkipReason.EXCLUDED if excluded else None
    if is_lockfile(parts[-1]):
        return SkipReason.LOCKFILE
    return SkipReason.VENDORED if is_vendored(parts) else None


def _by_size(entry: Entry) -> SkipReason | None:
    return SkipReason.TOO_LARGE if entry.size is not None and entry.size > MAX_FILE_BYTES else None


@lru_cache(maxsize=256)
def _compiled(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    return patterns_of(patterns)
