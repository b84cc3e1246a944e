"""What chunks define without being named so: fields, enum members, constants and types of one line."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from search_api.limits import MAX_DEFINITIONS, MAX_NAMESAKES
from search_api.ranking.symbols import defines

if TYPE_CHECKING:
    from index_store.filters import Filter
    from index_store.reader import Reader

# How a line of comment begins; `#define` and `*pointer = …` are none.
_COMMENT = re.compile(r"\s*(?://|/\*|\*[\s/]|#[\s#!]|--[\s-]|;|%|\"\"\"|''')")


async def member_rows(reader: Reader, word: str, where: Filter) -> list[int]:
    """The rows that define what a canonical word names among other things, at most MAX_DEFINITIONS.

    As for `definitions`, the longest tail of a qualified word counts that anything matches.
    """
    parts = word.split(".")
    rows = await reader.defining(parts[-1], MAX_NAMESAKES, where)
    around = zip(rows, reader.catalogue.symbol.take(rows), strict=True)
    qualified = [(row, f"{symbol}.{parts[-1]}".casefold()) for row, symbol in around]
    for start in range(len(parts)):
        tail = ".".join(parts[start:]).casefold()
        if named := list(islice((row for row, name in qualified if defines(name, tail)), MAX_DEFINITIONS)):
            return named
    return []


def defining_lines(text: str, first_line: int, name: str) -> set[int]:
    """The line of the file, at most one, on which a chunk is likeliest to define a member.

    The first that holds its name and is no comment; the lines of a chunk are not told apart in an index.
    """
    whole = re.compile(rf"(?<![\w$]){re.escape(name)}(?![\w$])", re.IGNORECASE)
    holding = [
        (number, line) for number, line in enumerate(text.split("\n"), first_line) if whole.search(line)
    ]
    code = [number for number, line in holding if not _COMMENT.match(line)]
    return set(code[:1] or [number for number, _ in holding[:1]])
