"""What repos.toml says of one source, resolved and checked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SourceKind(StrEnum):
    """How a source is read. A local path that is no git repository becomes a FOLDER."""

    REPOSITORY = "repository"
    MIRROR = "mirror"
    FOLDER = "folder"
    CARDS = "cards"


@dataclass(frozen=True, slots=True)
class SourceDefinition:
    """One source to index.

    Attributes:
        name: unique; what hits call the repository.
        kind: how it is read.
        location: an absolute path, or for a MIRROR its URL.
        branch: branch, tag or commit; "" means HEAD.
        include: gitignore-style patterns; when given, only matching files are chunked.
        exclude: gitignore-style patterns of files to leave out.
        worktree: read the working tree instead of the commit (uncommitted files count).
        private_network: a MIRROR's URL may lead to this machine or a private network.
    """

    name: str
    kind: SourceKind
    location: str
    branch: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    worktree: bool = False
    private_network: bool = False
