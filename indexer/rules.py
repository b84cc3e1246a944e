"""The rules by which files were let in and cut, in one word."""

from __future__ import annotations

from indexer.chunking.version import CHUNKER_VERSION
from indexer.intake.skip import INTAKE_VERSION

# Part of every generation: with another one, what is stored was cut by other rules and is cut again.
CHUNKER = f"{CHUNKER_VERSION}/{INTAKE_VERSION}"
