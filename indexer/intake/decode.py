"""From bytes to text, or to the reason why these bytes are none.

Lines end where git says they end, at newlines only. CR LF becomes a newline; a lone carriage return becomes
a space, since git counts no line there. Other Unicode separators (vertical tab, form feed, NEL, U+2028) stay
as they are: never split this text with `str.splitlines`.
"""

from __future__ import annotations

import codecs
import re

from indexer.intake.skip import SkipReason
from indexer.limits import (
    BINARY_PROBE_BYTES,
    GENERATED_HEADER_CHARS,
    GENERATED_HEADER_LINES,
    LONG_LINE,
    LONG_PROSE_LINE,
    MAX_CONTROL_SHARE,
    MAX_FILE_BYTES,
    MAX_NUL_SHARE,
    MINIFIED_SHARE,
)
from indexer.sources.source import Entry

# The longer mark first: that of UTF-32 begins like that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LFS_POINTER = re.compile(rb"version https://(?:git-lfs|hawser)\.github\.com/spec/v\d")
_LFS_POINTER_BYTES = 1_024

_CONTROL_BYTES = bytes(sorted({*range(1, 32), 127} - {*b"\t\n\v\f\r\b\x1b"}))

# In a comment only: code that looks for such marks is not generated itself.
_GENERATED = re.compile(
    r"""(?imx) ^ \s* (?: // | \#+ | /?\*+ | -- | ;+ | % | <!-- | \(\* | \{- | ["']{3} | rem\s ) .*?
    (?: \bcode\ generated\b.*\bdo\ not\ edit\b
      | (?<![\w`"'/.]) @generated \b (?![`"'])
      | <auto-?generated
      | \b(?:auto-?)?generated\ (?:by|from|using|with|automatically)\b.*\bdo\ not\ (?:edit|modify|change)\b
      | \bdo\ not\ (?:edit|modify)\b.*\b(?:auto(?:matically)?[-\ ]?)?generated\b
      | \bgenerated\ by\ the\ protocol\ buffer\ compiler\b
    )"""
)
_PROSE = (".md", ".markdown", ".rst", ".txt", ".adoc", ".org", ".tex")
_MINIFIED_NAME = re.compile(r"[.-]min\.(?:js|mjs|cjs|css)$", re.IGNORECASE)


def decode(entry: Entry, data: bytes) -> str | SkipReason:
    """Return the text of a file, or why it is left out.

    The text is valid Unicode without byte order mark, NUL or carriage returns; its lines are those
    `git show` numbers.
    """
    if len(data) > MAX_FILE_BYTES:
        return SkipReason.TOO_LARGE
    if len(data) <= _LFS_POINTER_BYTES and _LFS_POINTER.match(data):
        return SkipReason.LFS_POINTER
    text = _text_of(data)
    if isinstance(text, SkipReason):
        return text
    text = text.replace("\r\n", "\n").replace("\r", " ").replace("\0", "\ufffd")
    return _verdict(entry.path, text) or text


def _verdict(path: str, text: str) -> SkipReason | None:
    if not text or text.isspace():
        return SkipReason.EMPTY
    if _is_generated(text):
        return SkipReason.GENERATED
    return SkipReason.MINIFIED if _is_minified(path, text) else None


def _text_of(data: bytes) -> str | SkipReason:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding)
            except UnicodeDecodeError:
                return SkipReason.UNDECODABLE
    if b"\0" in data[:BINARY_PROBE_BYTES] or data.count(b"\0") > MAX_NUL_SHARE * len(data):
        return SkipReason.BINARY
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError:
        return _legacy_text(data)


def _legacy_text(data: bytes) -> str | SkipReason:
    """Read what is not UTF-8: as UTF-8 with a few slips, as Windows-1252, as Latin-1, in that order."""
    probe = data[:BINARY_PROBE_BYTES]
    if len(probe) - len(probe.translate(None, _CONTROL_BYTES)) > MAX_CONTROL_SHARE * len(probe):
        return SkipReason.BINARY
    mended = data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    slips = mended.count("\ufffd")
    beyond_ascii = len(mended) - len(mended.encode("ascii", "ignore"))
    if beyond_ascii > 2 * slips:
        return mended
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _is_generated(text: str) -> bool:
    header = "\n".join(
        text[:GENERATED_HEADER_CHARS].split("\n", GENERATED_HEADER_LINES)[:GENERATED_HEADER_LINES]
    )
    return "generated" in header.lower() and _GENERATED.search(header) is not None


def _is_minified(path: str, text: str) -> bool:
    if _MINIFIED_NAME.search(path):
        return True
    limit = LONG_PROSE_LINE if path.lower().endswith(_PROSE) else LONG_LINE
    if len(text) <= limit:
        return False
    in_long_lines = sum(len(line) for line in text.split("\n") if len(line) > limit)
    return in_long_lines > MINIFIED_SHARE * len(text)
