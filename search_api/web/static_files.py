"""The page's own script, style sheet and icon: a fixed handful, read once, never a path from a request."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_TYPES = {
    "complete.js": "text/javascript; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "theme.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file as it is sent."""

    content: bytes
    media_type: str
    etag: str


@cache
def static_files() -> dict[str, StaticFile]:
    """Every file by name."""
    folder = files("search_api.web") / "static"
    contents = {name: (folder / name).read_bytes() for name in _TYPES}
    return {
        name: StaticFile(content, _TYPES[name], f'"{hashlib.sha256(content).hexdigest()[:16]}"')
        for name, content in contents.items()
    }
