"""Which URLs are fetched, and over which protocol."""

from __future__ import annotations

import re

from indexer.errors import SourceUnreadable
from indexer.git.command import without_credentials

# The host must not begin with a hyphen: ssh would take it for an option.
_WITH_SCHEME = re.compile(r"(https|ssh|git)://(?:[^/@\s]+@)?[A-Za-z0-9\[][^/\s@]*/\S+")
_FILE = re.compile(r"file:///\S.*")
_SCP_LIKE = re.compile(r"(?:[A-Za-z0-9_][\w.+-]*@)?[A-Za-z0-9][\w.-]*:(?!:)[^\s:-]\S*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def protocol_of(url: str) -> str:
    """Return the one protocol git may use for a URL: https, ssh, git or file.

    SECURITY: git would take `ext::…` for a command to run, and what begins with a hyphen for an option.

    Raises:
        SourceUnreadable: the URL has another form.
    """
    if not _CONTROL.search(url):
        if found := _WITH_SCHEME.fullmatch(url):
            return found[1]
        if _FILE.fullmatch(url):
            return "file"
        if "://" not in url and _SCP_LIKE.fullmatch(url):
            return "ssh"
    raise SourceUnreadable(
        f"{without_credentials(url)!r} is not a URL nightdex fetches: "
        "use https://, ssh://, git://, file:/// or user@host:path in repos.toml"
    )
