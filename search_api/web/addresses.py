"""Addresses of pages that several pages link to."""

from __future__ import annotations

from urllib.parse import urlencode

from search_api.limits import MAX_FILE_LINES


def file_address(repo: str, path: str, line: int) -> str:
    """A line of a file; of a long one, on the page that has it in the middle."""
    fields: dict[str, str | int] = {"repo": repo, "path": path}
    if line > MAX_FILE_LINES:
        fields["from"] = line - MAX_FILE_LINES // 2
    return f"/file?{urlencode(fields)}#L{line}"


def search_address(query: str, mode: str, repo: str = "") -> str:
    """The search page with an answer."""
    fields = {"q": query, "mode": mode, **({"repo": repo} if repo else {})}
    return f"/?{urlencode(fields)}"
