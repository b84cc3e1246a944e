"""What a shell word may expand to, as far as the command line itself tells.

A word expands to alternatives, each a tuple of fields. What cannot be known statically (the environment, the
output of programs) stands in the text as one of two control characters, so `"$HOME/bin/rg"` still ends in
`/bin/rg`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import product

from tree_sitter import Node

from model_chain.guard.limits import MOST_ALTERNATIVES
from model_chain.guard.parameters import transformed

UNKNOWN = "\x01"  # quoted: exactly one field
UNKNOWN_SPLIT = "\x02"  # unquoted: any number of fields, also none

Fields = tuple[str, ...]
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v"}
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_SPELT_OUT = re.compile(r"\x03([0-9a-f]{2,5}|10[0-9a-f]{4})\x04")
_EXPANSION = re.compile(r"\$\{(!?)(\w+|[@*])(?:\[([^\]]*)\])?(:?[-=+?])?", re.ASCII)


def to_ascii(text: str) -> str:
    """The text without a character beyond ASCII, each spelt out between two control characters.

    tree-sitter-bash 0.25 asks isalpha() about whole code points, which reads past its table: U+10E20E ends
    the process.
    """
    return text if text.isascii() else _BEYOND_ASCII.sub(lambda match: f"\x03{ord(match[0]):x}\x04", text)


def from_ascii(text: str) -> str:
    """Undo `to_ascii`."""
    return _SPELT_OUT.sub(lambda match: chr(int(match[1], 16)), text) if "\x03" in text else text


class Scope:
    """Variables, functions and arguments known at one point; a value is a list of alternatives."""

    def __init__(self) -> None:
        self.variables: dict[str, list[Fields]] = {}
        self.references: dict[str, str] = {}  # `declare -n`: under which other name a variable lies
        self.functions: dict[
            str, tuple[Node, bool]
        ] = {}  # the body, and whether the definition may be skipped
        self.exported: set[str] = set()
        self.aliases: dict[str, str] = {}
        self.positional: Fields | None = None
        self.branches = 0
        self.expands_aliases = False

    def copy(self) -> Scope:
        """A sub-shell's view: it sees everything and changes nothing outside."""
        inner = Scope()
        inner.variables = {name: list(values) for name, values in self.variables.items()}
        inner.references = dict(self.references)
        inner.functions, inner.aliases = dict(self.functions), dict(self.aliases)
        inner.exported, inner.positional = set(self.exported), self.positional
        inner.branches, inner.expands_aliases = self.branches, self.expands_aliases
        return inner

    def meant(self, name: str) -> str:
        """The variable that a name stands for: itself, unless it is a reference to another."""
        seen = {name}
        while (name := self.references.get(name, name)) not in seen:
            seen.add(name)
        return name

    def refer(self, name: str, other: str) -> None:
        """Let a name stand for another variable; inside a branch, for what it was as well."""
        if self.branches:
            self.assign(other, self.variables.get(self.meant(name), []))
        self.references[name] = other

    def assign(self, name: str, values: Sequence[Fields], *, append: bool = False) -> None:
        """Set a variable; inside a branch that may not be taken, the old value stays possible."""
        name = self.meant(name)
        old = self.variables.get(name, [])
        new = list(values)
        if append and old:
            new = [(*a, *b) if len(a) != 1 or len(b) != 1 else (a[0] + b[0],) for a in old for b in values]
        if self.branches:
            new = [*old, *new]
        self.variables[name] = list(dict.fromkeys(new))[:MOST_ALTERNATIVES]

    def append_array(self, name: str, values: Sequence[Fields]) -> None:
        """`name+=(…)`: more elements, never a longer string."""
        name = self.meant(name)
        old = self.variables.get(name, [()])
        self.variables[name] = [(*a, *b) for a in old for b in values][:MOST_ALTERNATIVES]


class Expander:
    """Expands words of one parsed command; `output_of` answers for a command substitution."""

    def __init__(self, output_of: Callable[[Node, Scope], str | None]) -> None:
        self._output_of = output_of

    def words(self, nodes: Sequence[Node], scope: Scope) -> list[Fields]:
        """All words of a command as alternatives of one field list."""
        choices = [self.word(node, scope) for node in nodes]
        found: list[Fields] = []
        for choice in product(*choices):
            found.append(tuple(field for fields in choice for field in fields))
            if len(found) >= MOST_ALTERNATIVES:
                break
        return found

    def word(self, node: Node, scope: Scope) -> list[Fields]:
        """Expand one word: braces, then parameters, then field splitting."""
        if node.type in ("word", "concatenation") and "{" in text_of(node) and "," in text_of(node):
            plain = text_of(node)
            if not set(plain) & set("\"'$`"):
                return [tuple(unescape(part) for part in braces(plain))]
        alternatives: list[Fields] = []
        separators = "".join(part for fields in scope.variables.get("IFS", []) for part in fields) or " \t\n"
        for pieces in self._pieces(node, scope, quoted=False):
            alternatives.append(_split(pieces, separators))
            if len(alternatives) >= MOST_ALTERNATIVES:
                break
        return list(dict.fromkeys(alternatives)) or [()]

    def text(self, node: Node, scope: Scope) -> str:
        """Expand one word to one string (assignments and here-strings do not split)."""
        return " ".join(self.word(node, scope)[0]) if node.type == "array" else self._joined(node, scope)[0]

    def _joined(self, node: Node, scope: Scope) -> list[str]:
        return ["".join(text for text, _ in pieces) for pieces in self._pieces(node, scope, quoted=True)] or [
            ""
        ]

    def values(self, node: Node, scope: Scope) -> list[Fields]:
        """What an assignment's right side may hold."""
        if node.type == "array":
            return self.words(node.named_children, scope)
        return [(value,) for value in dict.fromkeys(self._joined(node, scope))]

    def _pieces(  # noqa: PLR0911 (one return a node type)
        self, node: Node, scope: Scope, *, quoted: bool
    ) -> list[list[tuple[str, str]]]:
        """Alternatives of (text, how) pieces; how: "q" literal, "s" to be split, "f" ends a field."""
        kind, text = node.type, text_of(node)
        if kind == "raw_string":
            return [[(text[1:-1], "q")]]
        if kind == "ansi_c_string":
            return [[(ansi_c(text[2:-1]), "q")]]
        if kind in ("string", "translated_string"):
            return self._sequence(node, scope, quoted=True, skip=('"', "$"))
        if kind == "concatenation":
            return self._sequence(node, scope, quoted=quoted, skip=())
        if kind in ("simple_expansion", "expansion"):
            return self._parameter(node, text, scope, quoted=quoted)
        if kind == "command_substitution":
            known = self._output_of(node, scope)
            return [[(UNKNOWN if known is None else known, "q" if quoted else "s")]]
        if kind in ("process_substitution", "arithmetic_expansion"):
            return [[(UNKNOWN, "q")]]
        if kind == "string_content":
            return [[(re.sub(r'\\([\\"$`])', r"\1", text.replace("\\\n", "")), "q")]]
        return [[(unescape(text), "q")]]

    def _sequence(
        self, node: Node, scope: Scope, *, quoted: bool, skip: tuple[str, ...]
    ) -> list[list[tuple[str, str]]]:
        source = node.text or b""
        parts: list[list[list[tuple[str, str]]]] = []
        at = node.start_byte + (len(source) - len(source.lstrip(b'$"')) if skip else 0)
        first = at
        for child in node.children:
            if child.type in skip:
                continue
            gap = (
                source[at - node.start_byte : child.start_byte - node.start_byte]
                if child.start_byte > at
                else b""
            )
            if gap and at >= first:
                parts.append([[(gap.decode(errors="replace"), "q")]])
            parts.append(self._pieces(child, scope, quoted=quoted))
            at = child.end_byte
        if skip and at == first and len(source) > 2:  # only blanks between the quotes
            parts.append([[(source.decode(errors="replace").strip('$"'), "q")]])
        if not parts:
            return [[("", "q")]]
        whole = []
        for choice in product(*parts):
            whole.append([piece for pieces in choice for piece in pieces])
            if len(whole) >= MOST_ALTERNATIVES:
                break
        return whole

    def _parameter(self, node: Node, text: str, scope: Scope, *, quoted: bool) -> list[list[tuple[str, str]]]:
        match = _EXPANSION.match(text)
        if match is None:
            name, index, operator, indirect = text[1:], None, None, False
        else:
            name, index, operator, indirect = match[2], match[3], match[4], bool(match[1])
            if operator is None and text[match.end() :] != "}":
                made = self._transformed(name, text[match.end() : -1], scope)
                return [[(value, "q" if quoted else "s")] for value in made or [UNKNOWN]]
        values = self._lookup(name, scope)
        if indirect and values:
            values = [value for (target, *_) in values for value in self._lookup(target, scope)]
        how = "q" if quoted else "s"
        if operator and operator.lstrip(":") in ("-", "=", "+") and (not values or operator.endswith("+")):
            default = [
                child for child in node.named_children if child.type not in ("variable_name", "subscript")
            ]
            if default and operator.endswith("="):
                scope.assign(name, self.values(default[0], scope))
            return self._pieces(default[0], scope, quoted=quoted) if default else [[("", how)]]
        if not values:
            return [[(UNKNOWN, how)]]
        whole = index in ("@", "*") or name in ("@", "*")
        alternatives = []
        for fields in values:
            chosen = fields if whole else fields[:1] if index is None else _indexed(fields, index)
            pieces: list[tuple[str, str]] = []
            for position, field in enumerate(chosen):
                pieces += [("", "f")] if position else []
                pieces.append((field, how))
            alternatives.append(pieces)
        return alternatives

    def _transformed(self, name: str, operation: str, scope: Scope) -> list[str]:
        """What an operation makes of each known value; nothing where one cannot be told."""
        known = [transformed(fields[0], operation) for fields in self._lookup(name, scope) if fields]
        return [] if None in known else [value for value in known if value is not None]

    @staticmethod
    def _lookup(name: str, scope: Scope) -> list[Fields]:
        if name in ("@", "*"):
            return [] if scope.positional is None else [scope.positional[1:]]
        if name.isdigit():
            known = scope.positional is not None and int(name) < len(scope.positional)
            return [(scope.positional[int(name)],)] if known and scope.positional is not None else []
        return scope.variables.get(scope.meant(name), [])


def _indexed(fields: Fields, index: str) -> Fields:
    if index.isdigit():
        return fields[int(index) : int(index) + 1]
    keyed = f"[{index}]="
    return next(((field.removeprefix(keyed),) for field in fields if field.startswith(keyed)), (UNKNOWN,))


def _split(pieces: Sequence[tuple[str, str]], separators: str) -> Fields:
    fields: list[str] = []
    current: str | None = None
    for text, how in pieces:
        if how == "f":
            fields += [current] if current is not None else []
            current = None
        elif how == "q":
            current = (current or "") + text
        else:
            for position, part in enumerate(
                re.split(f"[{re.escape(separators)}]+", text.replace(UNKNOWN, UNKNOWN_SPLIT))
            ):
                if position:
                    fields += [current] if current is not None else []
                    current = None
                if part:
                    current = (current or "") + part
    return tuple([*fields, current] if current is not None else fields)


def text_of(node: Node) -> str:
    """The node's source."""
    return (node.text or b"").decode(errors="replace")


def unescape(text: str) -> str:
    """Unquoted backslashes: line continuations vanish, anything else stands for itself."""
    return re.sub(r"\\(.)", r"\1", text.replace("\\\n", ""), flags=re.DOTALL)


def ansi_c(text: str) -> str:
    r"""The inside of $'…': \n, \x67, \147, \u0067 and their like."""

    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "xuU" and len(code) > 1:
            return chr(int(code[1:], 16))
        if code[0].isdigit():
            return chr(int(code, 8) & 0xFF)
        return _ESCAPES.get(code, code)

    return re.sub(
        r"\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,5}|[0-7]{1,3}|.)", one, text, flags=re.DOTALL
    )


def braces(text: str) -> list[str]:
    """Brace expansion of an unquoted word: `{a,b}c` is `ac bc`."""
    match = re.search(r"\{([^{}]*,[^{}]*)\}", text)
    if match is None:
        return [text] if text else []
    before, after = text[: match.start()], text[match.end() :]
    found = [word for part in match[1].split(",") for word in braces(before + part + after)]
    return found[:MOST_ALTERNATIVES]
