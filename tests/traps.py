"""A repository that wants a program run, and the marker that tells when it was."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

from indexer.git.commits import resolve_commit
from indexer.git.layout import find_git_dir
from indexer.git.objects import blobs_at
from indexer.git.worktrees import add_worktree, changed_files
from indexer.sources.definition import SourceDefinition, SourceKind
from indexer.sources.opening import open_source
from tests import repositories as made


class Trap:
    """A program that leaves a marker, and the repository that wants it run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.marker = root / "marker"
        self.program = root / "trap.sh"
        self.program.write_text(f"#!/bin/sh\ntouch {self.marker}\nexit 1\n")
        self.program.chmod(0o755)
        self.repo = made.repository(root / "victim")

    def sprung_by(self, *command: str, given: bytes = b"") -> bool:
        """Run a plain git command in the repository, on a terminal, and tell whether the trap sprang."""
        environment = {
            **os.environ,
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "HOME": str(self.root),
            "TERM": "xterm",
        }
        master, terminal = pty.openpty()
        try:
            subprocess.run(
                ["git", "-C", str(self.repo), *command],
                env=environment,
                stdout=terminal,
                stderr=subprocess.DEVNULL,
                check=False,
                input=given,
                timeout=60,
            )
        finally:
            os.close(terminal)
            os.close(master)
        sprung = self.marker.exists()
        self.marker.unlink(missing_ok=True)
        return sprung

    def read(self, *, worktree: bool) -> dict[str, bytes | None]:
        """Index it as a night does; what its files hold, by path."""
        definition = SourceDefinition("v", SourceKind.REPOSITORY, str(self.repo), worktree=worktree)
        source = open_source(definition, self.root / "mirrors")
        contents = {entry.path: data for entry, data in source.read(source.snapshot().entries)}
        self.look_at_head(list(contents))
        return contents

    def look_at_head(self, paths: list[str]) -> None:
        """Ask what a search asks of a repository: which of its files have changed since the night."""
        git_dir = find_git_dir(self.repo)
        assert git_dir is not None
        commit = resolve_commit(git_dir, "")
        assert commit is not None
        blobs_at(git_dir, commit.id, paths)

    def hand_off(self) -> None:
        """Check it out for a coding agent and list what changed, there and here, as a hand-off does."""
        git_dir = find_git_dir(self.repo)
        assert git_dir is not None
        handed = self.root / "handed"
        add_worktree(git_dir, handed, "handed")
        (handed / "a.py").write_text("changed\n")
        assert "a.py" in changed_files(handed)
        changed_files(self.repo)
