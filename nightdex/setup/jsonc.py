"""One member more or less in a JSON file that belongs to somebody: every other byte stays as it is.

Comments and trailing commas are understood, because editors write them. Parsing and writing the file again
would lose the comments, the order of a hand, and the blanks.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from nightdex.errors import SetupRefused

_TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\\n]|\\.)*")|(?P<mark>[{}\[\],:])|(?P<blank>\s+|//[^\n]*|/\*.*?\*/)|(?P<word>[\w.+-]+)',
    re.DOTALL,
)
_DEFAULT_INDENT = "  "


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Member:
    """One member of an object: where its key starts, its value lies, and the comma behind it ends."""

    key: str
    start: int
    value: list[_Token]
    comma_end: int | None

    @property
    def end(self) -> int:
        return self.value[-1].end


@dataclass(frozen=True, slots=True)
class _Object:
    opened: int
    closed: int
    members: list[_Member]

    def member(self, key: str) -> _Member | None:
        """The member of that name."""
        return next((member for member in self.members if member.key == key), None)


def member_of(text: str, path: tuple[str, str]) -> object:
    """The value at `path` (an object in the document, a member of it), or None where there is none.

    Raises:
        SetupRefused: the text is no JSON object, or what `path` leads through is none.
    """
    found = _find(text, path)[1]
    return None if found is None else _value(found.value)


def with_member(text: str, path: tuple[str, str], value: object) -> str:
    """The text with that value at `path`; objects on the way are made. Replaces what stands there.

    Raises:
        SetupRefused: as `member_of`.
    """
    if not text.strip():
        return json.dumps({path[0]: {path[1]: value}}, indent=_DEFAULT_INDENT, ensure_ascii=False) + "\n"
    container, member = _find(text, path)
    if member is not None:
        indent = _indent_at(text, member.start)
        dumped = (
            _dump(value, indent, _unit(text)) if indent is not None else json.dumps(value, ensure_ascii=False)
        )
        return text[: member.value[0].start] + dumped + text[member.end :]
    if container is not None:
        return _inserted(text, container, path[1], value)
    return _inserted(text, _parse(text), path[0], {path[1]: value})


def without_member(text: str, path: tuple[str, str]) -> str:
    """The text without what is at `path`, and without the object around it if that is then empty."""
    container, member = _find(text, path)
    if container is None or member is None:
        return text
    document = _parse(text)
    if len(container.members) == 1:
        around = document.member(path[0])
        assert around is not None  # noqa: S101 - it holds the container
        return _removed(text, document, around)
    return _removed(text, container, member)


def _find(text: str, path: tuple[str, str]) -> tuple[_Object | None, _Member | None]:
    if not text.strip():
        return None, None
    around = _parse(text).member(path[0])
    if around is None:
        return None, None
    if around.value[0].text != "{":
        raise SetupRefused(f"{path[0]!a} in it is no object; mend the file first.")
    container, _ = _object(around.value, 0)
    return container, container.member(path[1])


def _parse(text: str) -> _Object:
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise SetupRefused("it is not JSON; mend the file first.")
        if found.lastgroup != "blank":
            tokens.append(_Token(found[0], found.start(), found.end()))
        at = found.end()
    try:
        document, end = _object(tokens, 0)
    except IndexError:
        raise SetupRefused("it ends in the middle; mend the file first.") from None
    if end != len(tokens):
        raise SetupRefused("something follows its object; mend the file first.")
    _value(tokens)
    return document


def _object(tokens: list[_Token], at: int) -> tuple[_Object, int]:
    """The object that begins at a token, and the number of the token behind it."""
    if tokens[at].text != "{":
        raise SetupRefused("it is no JSON object; mend the file first.")
    opened = tokens[at]
    at += 1
    members: list[_Member] = []
    while tokens[at].text != "}":
        key, first = tokens[at], at + 2
        last = _end_of_value(tokens, first)
        comma = tokens[last].end if tokens[last].text == "," else None
        members.append(_Member(_key(key.text), key.start, tokens[first:last], comma))
        at = last + (comma is not None)
    return _Object(opened.end, tokens[at].start, members), at + 1


def _key(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:
        raise SetupRefused("it is not JSON; mend the file first.") from None


def _end_of_value(tokens: list[_Token], at: int) -> int:
    depth = 0
    while True:
        mark = tokens[at].text
        depth += (mark in "{[") - (mark in "}]")
        at += 1
        if depth <= 0:
            return at


def _value(tokens: list[_Token]) -> object:
    """What tokens mean; a comma before a bracket is forgiven."""
    kept = [
        token.text
        for token, following in zip(tokens, [*tokens[1:], None], strict=True)
        if not (token.text == "," and following is not None and following.text in "}]")
    ]
    try:
        return json.loads(" ".join(kept))
    except (ValueError, RecursionError):
        raise SetupRefused("it is not JSON; mend the file first.") from None


def _inserted(text: str, container: _Object, key: str, value: object) -> str:
    unit = _unit(text)
    if not container.members:
        outer = _indent_at(text, container.opened - 1) or _line_indent(text, container.opened)
        entry = f"\n{outer}{unit}{json.dumps(key)}: {_dump(value, outer + unit, unit)}\n{outer}"
        return text[: container.opened] + entry + text[container.closed :]
    last = container.members[-1]
    indent = _indent_at(text, container.members[0].start)
    dumped = json.dumps(value, ensure_ascii=False) if indent is None else _dump(value, indent, unit)
    entry = (" " if indent is None else f"\n{indent}") + f"{json.dumps(key)}: {dumped}"
    if last.comma_end is None:
        return text[: last.end] + "," + entry + text[last.end :]
    return text[: last.comma_end] + entry + "," + text[last.comma_end :]


def _removed(text: str, container: _Object, member: _Member) -> str:
    place = container.members.index(member)
    if len(container.members) == 1:
        return text[: container.opened] + text[container.closed :]
    if place == 0:
        return text[: member.start] + text[container.members[1].start :]
    previous = container.members[place - 1]
    if member.comma_end is None:
        return text[: previous.end] + text[member.end :]
    return text[: previous.comma_end] + text[member.comma_end :]


def _dump(value: object, indent: str, unit: str) -> str:
    lines = json.dumps(value, indent=unit, ensure_ascii=False).split("\n")
    return f"\n{indent}".join(lines)


def _line_indent(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip())]


def _indent_at(text: str, at: int) -> str | None:
    """The blanks before a place, or None if something else stands before it on its line."""
    before = text[text.rfind("\n", 0, at) + 1 : at]
    alone = not before.strip() and text.rfind("\n", 0, at) >= 0
    return before if alone else None


def _unit(text: str) -> str:
    """What one level is indented by."""
    found = re.search(r"\n([ \t]+)\S", text)
    return found[1] if found else _DEFAULT_INDENT
