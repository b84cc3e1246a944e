"""How a path is shown and stored: valid Unicode on one line, and no two files alike."""

from __future__ import annotations

import re

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")

# A backslash that would read as one of our own escapes.
_LOOKALIKE = re.compile(r"\\(?=x(?:[0189a-f][0-9a-f]|7f|5c)|u(?:00[89][0-9a-f]|202[89]))")


def displayed_path(path: str) -> str:
    r"""Turn an entry's path into valid Unicode, one to one.

    Bytes that are not UTF-8 become `\xNN`, as do control characters; a backslash that could be mistaken
    for the beginning of such an escape becomes `\x5c`. Every other path stays as it is.
    """
    if path.isascii() and path.isprintable() and "\\" not in path:
        return path
    path = _LOOKALIKE.sub(r"\\x5c", path)
    path = _UNPRINTABLE.sub(_escape, path)
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def printable(text: str) -> str:
    """Spell out every character that is not shown as itself."""
    return "".join(mark if mark.isprintable() else mark.encode("unicode_escape").decode() for mark in text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}"
