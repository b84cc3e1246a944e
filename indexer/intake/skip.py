"""Why a file was left out. Every found file is either chunked or skipped with one of these."""

from __future__ import annotations

from enum import StrEnum

from indexer.intake.secret_rules import rules_digest

# The number is raised whenever decoding, a verdict on content or the judgement of secrets changes: what is
# stored was then let in by other rules. The rules for secrets bring their own digest.
INTAKE_VERSION = f"2+{rules_digest()}"


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
