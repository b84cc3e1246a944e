"""A repository that wants a program run, and the marker that tells when it was."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

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

    def sprung_by(self, *command: str) -> bool:
        """Run a plain git command in the repository and tell whether the trap sprang."""
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(self.root)}
        subprocess.run(
            ["git", "-C", str(self.repo), *command],
            env=environment,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        sprung = self.marker.exists()
        self.marker.unlink(missing_ok=True)
        return sprung

    def read(self, *, worktree: bool) -> None:
        definition = SourceDefinition("v", SourceKind.REPOSITORY, str(self.repo), worktree=worktree)
        source = open_source(definition, self.root / "mirrors")
        list(source.read(source.snapshot().entries))
