"""Errors of the indexer. The docstring says what happened; the message says what to do.

IndexerError
├── AlreadyRunning          another run holds the lock (exit 11)
├── StateDirUnusable        the state directory cannot be written (exit 12)
├── StateDirFailed          its disk refused in the middle of a night
├── SourceError             one source cannot be read; the night goes on without it
│   ├── SourceMissing       its path is not there
│   └── SourceUnreadable    it is there and cannot be read: permissions, corrupt objects, no such branch
│       └── UrlRefused      its URL leads where nothing is fetched from
├── TooManyVanished         over 30 % of the repositories vanished at once; nothing was published
├── ClusterUnusable         the Ray cluster cannot be used, or was lost
│   └── NodeDiffers         a node of it has another nightdex or another model
├── GenerationHeldBack      tonight's index lost a golden query; the old one keeps serving
└── RepositoriesFailed      the night finished, some repositories did not (exit 3)
"""

from __future__ import annotations

from indexer.sources.paths import printable


class IndexerError(Exception):
    """Base of everything the indexer raises on purpose."""

    code = "indexer_error"
    exit_status = 1


class AlreadyRunning(IndexerError):
    """Another run holds the lock."""

    code = "already_running"
    exit_status = 11


class StateDirUnusable(IndexerError):
    """The state directory cannot be made, or not be written."""

    code = "state_dir_unusable"
    exit_status = 12


class StateDirFailed(IndexerError):
    """The disk of the state directory is full, broken or read-only; the old index keeps serving."""

    code = "state_dir_failed"


class SourceError(IndexerError):
    """One source cannot be read; the night goes on and keeps its last good chunks."""

    code = "source_error"

    def __init__(self, sentence: str) -> None:
        """Spell out what a terminal would obey: names in it are the repository's to choose."""
        super().__init__(printable(sentence))


class SourceMissing(SourceError):
    """The path of a source does not exist."""

    code = "source_missing"


class SourceUnreadable(SourceError):
    """A source exists and cannot be read."""

    code = "source_unreadable"


class UrlRefused(SourceUnreadable):
    """A URL has a form, or leads to an address, that nothing is fetched from."""

    code = "url_refused"


class TooManyVanished(IndexerError):
    """So many repositories vanished at once that a broken mount is likelier than a clean-up."""

    code = "too_many_vanished"


class GenerationHeldBack(IndexerError):
    """The new generation is whole, and does not find what a golden query must find; it does not serve."""

    code = "generation_held_back"


class RepositoriesFailed(IndexerError):
    """The night was published, and some repositories keep older chunks."""

    code = "repositories_failed"
    exit_status = 3


class ClusterUnusable(IndexerError):
    """The Ray cluster cannot be reached, has no workers, or lost them all."""

    code = "cluster_unusable"


class NodeDiffers(ClusterUnusable):
    """A node of the cluster has another nightdex or another model than the machine that runs the night."""

    code = "node_differs"
