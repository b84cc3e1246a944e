"""What a file is cut into."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from operator import attrgetter
from typing import TypeVar

_T = TypeVar("_T")


class Kind(StrEnum):
    """What a chunk is, in one vocabulary for every language."""

    FUNCTION = "function"
    METHOD = "method"
    CLASS = "class"
    INTERFACE = "interface"  # also protocols
    STRUCT = "struct"  # also unions
    ENUM = "enum"
    TRAIT = "trait"  # also type classes
    IMPL = "impl"  # rust impl blocks, swift and kotlin extensions, haskell instances
    NAMESPACE = "namespace"  # also ruby and elixir modules
    TYPE = "type"  # aliases, typedefs
    MACRO = "macro"
    CONSTANT = "constant"  # a named top-level value large enough to stand alone
    TEST = "test"  # a test block that is not a function: bats @test, zig test, describe/it calls
    TABLE = "table"  # SQL create table / view / index / trigger
    RESOURCE = "resource"  # an HCL block
    RULE = "rule"  # a CSS rule set
    ELEMENT = "element"  # an HTML element worth its own chunk
    SECTION = "section"  # a Markdown heading and what follows it
    CONFIG = "config"  # a top-level table or key of toml, yaml, json
    MODULE = "module"  # what is left between definitions: imports, top-level statements, fields
    WINDOW = "window"  # lines of a file without a grammar, or whose parser failed


def pickled_by_fields(cls: type[_T]) -> type[_T]:
    """A dataclass that goes from one process to another in half the time that frozen ones with slots take."""
    values = attrgetter(*(field.name for field in fields(cls)))  # type: ignore[arg-type] # a dataclass
    cls.__reduce__ = lambda self: (cls, values(self))  # type: ignore[method-assign]
    return cls


@pickled_by_fields
@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of whole lines of one file.

    The chunks of a file are in order, do not overlap, and together hold every line that is not blank. A
    class is cut into its header (up to its first member), its members, and what stands between them.

    Attributes:
        kind: what it is.
        symbol: qualified name such as "Session.refresh"; "" where there is none. Parts of one over-long
            function share a symbol; what stands between the members of a class carries the class's.
        signature: the declaration on one line, without its body; "" where there is none.
        doc: the doc comment or docstring as plain text, without comment marks.
        breadcrumb: enclosing symbols (for Markdown: enclosing headings), outermost first.
        start_line: first line, counted from 1. Leading doc comments, decorators and attributes belong to
            the definition they precede.
        end_line: last line, inclusive.
        text: exactly those lines as they stand in the decoded file, joined by newlines, none at the end.
        calls: names called inside, unqualified, in order of first use, at most MAX_CALLS.
        members: names defined directly inside (for a class header), so that it can be found by them.
        defines: names defined on its lines that are no chunks of their own, such as fields, enum members,
            and constants and types of one line; `symbol` qualifies them. At most MAX_MEMBERS.
        part: 0 for a whole definition or the first part of an over-long one, then 1, 2, …
    """

    kind: Kind
    symbol: str
    signature: str
    doc: str
    breadcrumb: tuple[str, ...]
    start_line: int
    end_line: int
    text: str
    calls: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    part: int = 0
