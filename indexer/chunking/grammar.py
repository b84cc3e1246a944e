"""The grammars and their queries, each loaded when its first file comes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module, resources
from typing import Final

from tree_sitter import Language, Query

# language -> (module of the official wheel, its entry point)
_ENTRY_POINTS: Final = {
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "php": ("tree_sitter_php", "language_php"),
}

GRAMMARS: Final = [
    "python",
    "javascript",
    "typescript",
    "tsx",
    "go",
    "rust",
    "java",
    "c",
    "cpp",
    "c_sharp",
    "ruby",
    "php",
    "kotlin",
    "swift",
    "scala",
    "elixir",
    "haskell",
    "lua",
    "bash",
    "zig",
    "sql",
    "hcl",
    "html",
    "css",
    "toml",
    "yaml",
    "json",
]

# Languages of more than one query, in their order: of two patterns that match one node the first counts.
_QUERIES: Final = {
    "javascript": ("javascript", "ecmascript"),
    "typescript": ("typescript", "ecmascript"),
    "tsx": ("typescript", "ecmascript"),
    "cpp": ("cpp", "c"),
}

# A comment, a string, a bracket, or what stands between them.
_PIECE: Final = re.compile(r';[^\n]*|"(?:\\.|[^"\\])*"|[()\[\]]|[^;"()\[\]]+')
_BRACKETS: Final = frozenset("()[]")

_COMMENTS: Final = ("comment", "line_comment", "block_comment", "multiline_comment", "doc_comment", "haddock")
_ATTRIBUTES: Final = ("decorator", "attribute_item", "attribute_list", "annotation", "marker_annotation")


@dataclass(frozen=True, slots=True)
class Grammar:
    """A language and what to look for in it.

    `definitions` holds the patterns with @definition.*, to be read match by match; `marks` everything else
    (@call, @comment, @attribute, @doc, @member), where position says what a node belongs to.
    """

    language: Language
    definitions: Query
    marks: Query


@cache
def grammar_of(language: str) -> Grammar | None:
    """Load the grammar of a language, None where there is none."""
    if language not in GRAMMARS:
        return None
    module, entry = _ENTRY_POINTS.get(language, (f"tree_sitter_{language}", "language"))
    parsed = Language(getattr(import_module(module), entry)())
    source = "\n".join(_query_text(name) for name in _QUERIES.get(language, (language,)))
    source += _leading_patterns(parsed)
    patterns = split_patterns(source)
    # Apart before they are compiled: tree-sitter takes up to 0.3 s for the patterns of one language.
    definitions = [pattern for pattern in patterns if "@definition." in pattern]
    marks = [pattern for pattern in patterns if "@definition." not in pattern]
    return Grammar(parsed, Query(parsed, "\n".join(definitions)), Query(parsed, "\n".join(marks)))


def split_patterns(source: str) -> list[str]:
    """The patterns of a query, each with its captures and predicates, without comments."""
    patterns: list[list[str]] = []
    depth = 0
    for piece in _PIECE.findall(source):
        if piece.startswith(";"):
            continue
        if depth == 0 and piece[0] in "([":
            patterns.append([])
        if piece in _BRACKETS:
            depth += 1 if piece in "([" else -1
        if patterns:
            patterns[-1].append(piece)
    return ["".join(pieces).strip() for pieces in patterns]


def _query_text(language: str) -> str:
    return resources.files("indexer.chunking.queries").joinpath(f"{language}.scm").read_text("utf-8")


def _has(language: Language, kind: str) -> bool:
    is_named = True
    return bool(language.id_for_node_kind(kind, is_named))


def _leading_patterns(language: Language) -> str:
    """Patterns for the comments and attributes that nearly every grammar names alike."""
    found = [f"\n({kind}) @comment" for kind in _COMMENTS if _has(language, kind)]
    found += [f"\n({kind}) @attribute" for kind in _ATTRIBUTES if _has(language, kind)]
    return "".join(found)
