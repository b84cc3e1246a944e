"""Why a file was left out. Every found file is either chunked or skipped with one of these."""

from __future__ import annotations

from enum import StrEnum

# Raised whenever decoding or a verdict on content changes: what is stored was then let in by other rules.
INTAKE_VERSION = "1"


class SkipReason(StrEnum):
    """Recorded per file, counted per repository in the night report."""

    EXCLUDED = "excluded"  # repos.toml include/exclude
    TOO_LARGE = "too_large"
    BINARY = "binary"
    EMPTY = "empty"
    GENERATED = "generated"
    VENDORED = "vendored"
    MINIFIED = "minified"
    LOCKFILE = "lockfile"
    SUBMODULE = "submodule"
    SYMLINK = "symlink"
    LFS_POINTER = "lfs_pointer"
    SECRET_FILE = "secret_file"  # noqa: S105 - a reason, not a password
    MISSING_OBJECT = "missing_object"
    UNSAFE_PATH = "unsafe_path"  # "../", absolute, or a control character in the name
    UNDECODABLE = "undecodable"
