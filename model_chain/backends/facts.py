"""What one chunk says about itself: parameters, returned type, raised errors, calls, telling literals.

Read with regular expressions over the signature and the text, across languages; anything that is not certain
is left out. Patterns are linear: none repeats a group that can match in two ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from model_chain.protocol import CodeUnit
from model_chain.words import split_identifier, word_set

# Enough for the body of nearly every function, and keeps one unit under a tenth of a millisecond.
MAX_TEXT_READ = 2000
MAX_SIGNATURE_READ = 600
MAX_PARAMETERS = 4
MAX_CALLS_NAMED = 4
MAX_ERRORS = 3
MAX_LITERALS = 2
MAX_LITERAL_LENGTH = 60
MAX_RETURN_LENGTH = 40

_TYPE_BEFORE_NAME = frozenset({"c", "cpp", "c_sharp", "java", "dart"})
_NOT_PARAMETERS = frozenset({"self", "this", "cls", "void", "mut", "const", "_", "args", "kwargs", "block"})
_NOTHING = frozenset(
    {"None", "void", "Void", "Unit", "()", "()?", "unit", "never", "nil", "null", "NoReturn"}
)
_MODIFIERS = word_set(
    """
    public private protected internal static final abstract virtual override async inline const
    constexpr extern sealed synchronized native default explicit friend unsafe partial readonly new
    template typename func fn def fun pub function export open suspend
    """
)
# Names that say nothing about what a function is for.
_COMMON_CALLS = word_set(
    """
    len str int float bool list dict set tuple print range isinstance super get append format join
    toString push map filter forEach Some Ok Err None new clone unwrap into from iter collect assert
    require len make panic sizeof printf String Number Array Object error println size add put equals
    hashCode self
    """
)

_WORD = re.compile(r"[^\W\d]\w*")
_RAISED = re.compile(
    r"\b(?:raise|throw|throws|throwIO|throwError)\s+(?:new\s+)?\\?([A-Z][\w.:\\]*)|\bErr\(([A-Z]\w*(?:::\w+)*)"
)
_COMMENT_LINE = re.compile(r"^[ \t]*(?://|/\*|\*|--|#(?![ \t]*include)).*$", re.MULTILINE)
# Each alternative begins with its mark, so that the search goes from mark to mark.
_LITERAL = re.compile(
    r'"""[^"]*"""|\'\'\'[^\']*\'\'\'|"([^"\\\n]{4,80})"|\'(?<!\w\')([^\'\\\n]{4,80})\'(?!\w)|`([^`\\\n]{4,80})`'
)
_MESSAGE = re.compile(r"[A-Za-z][\w'-]*[:,]? [\w%{$'-].*")
_ROUTE_OR_KEY = re.compile(r"/[\w{<:-][\w/{}<>:.*-]*|[A-Z][A-Z0-9]*_[A-Z0-9_]+|[a-z]\w*[.-][a-z][\w.-]*")
_PARENTHESIS = re.compile(r"[()]")
_GENERIC = re.compile(r"<[^<>]*>")
_SUBSCRIPT = re.compile(r"\[[^\[\]]*\]")


@dataclass(frozen=True, slots=True)
class Facts:
    """Names as they stand in the code, split into words where they are identifiers of functions."""

    parameters: tuple[str, ...]
    returns: tuple[str, ...]
    errors: tuple[str, ...]
    calls: tuple[str, ...]
    literals: tuple[str, ...]


def read_facts(unit: CodeUnit) -> Facts:
    """Read what the signature and the body state."""
    body = _COMMENT_LINE.sub("", unit.text[:MAX_TEXT_READ])
    name = unit.symbol.rpartition(".")[2]
    before, inside, after = _around_parameters(unit.signature[:MAX_SIGNATURE_READ], name)
    return Facts(
        parameters=_parameters(inside, unit.language),
        returns=_returns(before, after, unit),
        errors=_errors(body),
        calls=_calls(unit.calls, name),
        literals=_literals(body),
    )


def _around_parameters(signature: str, name: str) -> tuple[str, str, str]:
    """The signature before, inside and after the parentheses that follow the name; empty without them."""
    at = signature.find(f"{name}(") if name else -1
    opening = at + len(name) if at >= 0 else signature.find("(", max(signature.find(name), 0) if name else 0)
    if opening < 0:
        return "", "", ""
    depth = 0
    for found in _PARENTHESIS.finditer(signature, opening):
        depth += 1 if found[0] == "(" else -1
        if depth == 0:
            return (
                signature[: opening - len(name)],
                signature[opening + 1 : found.start()],
                signature[found.end() :],
            )
    return "", "", ""


def _parameters(inside: str, language: str) -> tuple[str, ...]:
    names = []
    for parameter in _split_top_level(inside):
        declared = parameter.partition("=")[0].strip()
        if language in _TYPE_BEFORE_NAME:
            words = _WORD.findall(_SUBSCRIPT.sub("", declared))
            name = words[-1] if len(words) > 1 else ""
        else:
            words = _WORD.findall(declared.partition(":")[0])
            name = (words[0] if language == "go" else words[-1]) if words else ""
        if name and name not in _NOT_PARAMETERS:
            names.append(split_identifier(name) or name)
    return _first(names, MAX_PARAMETERS)


def _split_top_level(inside: str) -> list[str]:
    """Split at commas that are outside any bracket."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(inside):
        if character in "([{<":
            depth += 1
        elif character in ")]}>":
            depth -= 1
        elif character == "," and depth <= 0:
            parts.append(inside[start:position])
            start = position + 1
    parts.append(inside[start:])
    return parts


def _returns(before: str, after: str, unit: CodeUnit) -> tuple[str, ...]:
    if unit.kind not in {"function", "method"}:
        return ()
    declared = ""
    if unit.language in _TYPE_BEFORE_NAME:
        words = [
            word
            for word in _GENERIC.sub("", before).split()
            if word not in _MODIFIERS and word.isidentifier()
        ]
        declared = words[-1] if words else ""
    elif unit.language == "haskell":
        declared = unit.signature.rpartition("->")[2] if "::" in unit.signature else ""
    elif unit.language == "go":
        declared = after.partition("{")[0]
    else:
        arrow = after.partition("->")[2] or (after.strip()[1:] if after.strip().startswith(":") else "")
        declared = re.split(r"[{=]| where ", arrow, maxsplit=1)[0]
    declared = " ".join(declared.split()).rstrip(":;,")
    return (declared,) if declared and declared not in _NOTHING and len(declared) <= MAX_RETURN_LENGTH else ()


def _errors(body: str) -> tuple[str, ...]:
    # Most code raises nothing, and three substring scans cost a tenth of the pattern.
    if "raise" not in body and "throw" not in body and "Err(" not in body:
        return ()
    return _first((raised or returned for raised, returned in _RAISED.findall(body)), MAX_ERRORS)


def _calls(calls: tuple[str, ...], name: str) -> tuple[str, ...]:
    notable = (call for call in calls if call not in _COMMON_CALLS and call != name and len(call) > 2)
    return _first((split_identifier(call) for call in notable), MAX_CALLS_NAMED)


def _literals(body: str) -> tuple[str, ...]:
    found = [next(filter(None, groups), "") for groups in _LITERAL.findall(body)]
    short = [literal.strip() for literal in found if 0 < len(literal.strip()) <= MAX_LITERAL_LENGTH]
    messages = [literal for literal in short if _MESSAGE.fullmatch(literal)]
    keys = [literal for literal in short if _ROUTE_OR_KEY.fullmatch(literal)]
    return tuple(f'"{literal}"' for literal in _first((*messages, *keys), MAX_LITERALS))


def _first(items: Iterable[str], count: int) -> tuple[str, ...]:
    """The first distinct items that are not empty."""
    return tuple(dict.fromkeys(filter(None, items)))[:count]
