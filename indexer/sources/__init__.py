"""What can be indexed: git repositories, plain folders, knowledge cards."""

from __future__ import annotations

from indexer.sources.opening import open_source

__all__ = ["open_source"]
