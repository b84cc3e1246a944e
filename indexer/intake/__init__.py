"""What is let in: skip reasons, decoding, limits."""

from __future__ import annotations

from indexer.intake.admit import admit
from indexer.intake.decode import decode

__all__ = ["admit", "decode"]
