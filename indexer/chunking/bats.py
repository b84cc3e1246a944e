"""Bats tests are written `@test "name" {`, which shells cannot parse; bats rewrites them, and so do we."""

from __future__ import annotations

import re
from typing import Final

# The closing quote and one blank make room for "()", so that every byte keeps its place.
_TEST: Final = re.compile(
    rb"^([ \t]*)(@test[ \t][^\n]*?)[^ \t\n]([ \t]+)\{(?=[ \t]*(?:#[^\n]*)?$)", re.MULTILINE
)
_NAME: Final = re.compile(r"^@test\s+[\"']?")


def tests_as_functions(data: bytes) -> bytes:
    """The same script with each test as a shell function, byte for byte in the same place."""
    return _TEST.sub(_as_function, data) if b"@test" in data else data


def test_name(text: str) -> str:
    """What a test is called, from the text its function name stands in place of."""
    return _NAME.sub("", text)


def _as_function(match: re.Match[bytes]) -> bytes:
    indent, name, blanks = match.groups()
    return indent + b"@test" + b"_" * (len(name) - 5) + b"()" + blanks[1:] + b"{"
