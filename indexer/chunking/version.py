"""Names the way files are cut; where it changes, every file is cut anew."""

from __future__ import annotations

import hashlib
from importlib import metadata, resources
from typing import Final

# Raise it when code in this package changes what chunks come out.
_RULES: Final = 5


def _fingerprint() -> str:
    digest = hashlib.sha256(metadata.version("tree-sitter").encode())
    queries = resources.files("indexer.chunking.queries")
    for query in sorted(queries.iterdir(), key=lambda entry: entry.name):
        if query.name.endswith(".scm"):
            digest.update(query.name.encode() + b"\0" + query.read_bytes())
    return digest.hexdigest()[:12]


CHUNKER_VERSION: Final = f"{_RULES}-{_fingerprint()}"
