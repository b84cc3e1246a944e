"""A file that was let in: decoded, and ready to be cut."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceText:
    """The decoded text of one file.

    Attributes:
        repo: name of its source.
        path: as in `Entry.path`.
        blob_id: as in `Entry.blob_id`.
        size: bytes before decoding.
        language: a name from `indexer.chunking.languages`, "" for plain text.
        text: valid Unicode without BOM, NUL or carriage returns; lines end in newlines. Line numbers are
            those `git show` gives.
    """

    repo: str
    path: str
    blob_id: str
    size: int
    language: str
    text: str
