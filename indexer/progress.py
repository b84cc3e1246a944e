"""What a long night tells whoever watches. The terminal's display lives in the front door."""

from __future__ import annotations

from typing import Protocol

from indexer.night_report import RepositoryReport


class Progress(Protocol):
    """Told of each step as it happens; must return at once and never raise."""

    def step(self, name: str) -> None:
        """A step of the night begins, e.g. "publish"."""
        ...

    def repository_started(self, name: str, files: int) -> None:
        """`files` files of a repository must be read and cut."""
        ...

    def files_done(self, name: str, files: int, chunks: int) -> None:
        """So many more files and chunks of it are written."""
        ...

    def repository_finished(self, report: RepositoryReport) -> None:
        """A repository is done, well or badly."""
        ...

    def describing_started(self, waiting: int) -> None:
        """So many pieces of code wait for a model's description."""
        ...

    def described(self) -> None:
        """One more of them is done with."""
        ...


class SilentProgress:
    """Tells nobody."""

    def step(self, name: str) -> None:
        """Say nothing."""

    def repository_started(self, name: str, files: int) -> None:
        """Say nothing."""

    def files_done(self, name: str, files: int, chunks: int) -> None:
        """Say nothing."""

    def repository_finished(self, report: RepositoryReport) -> None:
        """Say nothing."""

    def describing_started(self, waiting: int) -> None:
        """Say nothing."""

    def described(self) -> None:
        """Say nothing."""
