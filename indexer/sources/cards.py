"""Knowledge cards: Markdown files below a folder."""

from __future__ import annotations

from pathlib import Path

from indexer.sources.folder import FolderSource

CARD_SUFFIX = ".md"


class CardsSource(FolderSource):
    """The Markdown files of a folder, read as they stand, whether git tracks them or not."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(name, folder, CARD_SUFFIX)
