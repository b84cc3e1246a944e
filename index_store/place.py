"""Where on an object store an index is. Light: reading a repos.toml needs no more than this."""

from __future__ import annotations

import re
from dataclasses import dataclass

SCHEME = "s3://"

_LOOKS_LIKE = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[\w./=-]+))?/?")


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket and a folder in it; the folder may be "" for all of the bucket."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


def parse_place(url: str) -> Place:
    """Read `s3://bucket/prefix`.

    Raises:
        ValueError: it is none.
    """
    found = _LOOKS_LIKE.fullmatch(url)
    prefix = (found["prefix"] or "").strip("/") if found else ""
    if found is None or any(part in {"", ".", ".."} for part in prefix.split("/") if prefix):
        raise ValueError("must be s3://BUCKET or s3://BUCKET/PREFIX, such as 's3://code-search/team'")
    return Place(found["bucket"], prefix)
