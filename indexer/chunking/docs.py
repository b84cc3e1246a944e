"""Doc comments as plain text."""

from __future__ import annotations

import re
from typing import Final

from indexer.limits import MAX_DOC

_OPENING: Final = re.compile(
    r"^[ \t]*(?:///?!?|/\*+!?|\*+/|\*(?!\*)|#+!?(?!\[)|--+\s?[|^]?|\{-\s?[|^]?|<!--|;+|=(?:begin|end)\b)"
    r"[ \t]?",
    re.MULTILINE,
)
_CLOSING: Final = re.compile(r"[ \t]*(?:\*+/|-\}|-->)[ \t]*$", re.MULTILINE)
_DOCSTRING: Final = re.compile(r"^[A-Za-z]{0,2}(\"\"\"|'''|\"|')(.*?)\1?$", re.DOTALL)
_DOC_ATTRIBUTE: Final = re.compile(r"^@(?:type)?doc\s+(?:~[sS])?(?=\")", re.MULTILINE)
_XML_TAG: Final = re.compile(
    r"</?(?:summary|remarks|para|returns|value|example|c|code|param|typeparam|paramref|see|exception)\b[^>\n]*>"
)


def plain_doc(text: str) -> str:
    """A comment block or docstring without its marks, cut at MAX_DOC characters.

    Lines that only decorate (rules of dashes or stars) go; the line structure stays.
    """
    text = _DOC_ATTRIBUTE.sub("", text[: 4 * MAX_DOC].strip())
    docstring = _DOCSTRING.match(text)
    text = docstring[2] if docstring else _XML_TAG.sub("", _CLOSING.sub("", _OPENING.sub("", text)))
    lines = (line.strip() for line in text.split("\n"))
    kept = [line for line in lines if not line or any(map(str.isalnum, line))]
    return "\n".join(kept).strip()[:MAX_DOC].rstrip()
