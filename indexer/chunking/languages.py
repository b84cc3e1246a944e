"""Which language a file is written in, told by its name, its first line, or (for .h) its content."""

from __future__ import annotations

import re
from posixpath import basename, splitext
from typing import Final

# language -> file name endings, without the dot
_ENDINGS: Final = {
    "python": "py pyi pyw",
    "javascript": "js jsx mjs cjs",
    "typescript": "ts mts cts",
    "tsx": "tsx",
    "go": "go",
    "rust": "rs",
    "java": "java",
    "c": "c",
    "cpp": "cc cpp cxx c++ hh hpp hxx h++ ipp inl tpp cu cuh",
    "c_sharp": "cs csx",
    "ruby": "rb rake gemspec ru podspec",
    "php": "php phtml php5 php7 inc",
    "kotlin": "kt kts",
    "swift": "swift",
    "scala": "scala sc sbt",
    "elixir": "ex exs",
    "haskell": "hs",
    "lua": "lua rockspec",
    "bash": "sh bash zsh ksh bats ebuild zsh-theme",
    "zig": "zig zon",
    "sql": "sql ddl pgsql",
    "hcl": "tf tfvars hcl nomad",
    "html": "html htm xhtml",
    "css": "css",
    "toml": "toml",
    "yaml": "yaml yml",
    "json": "json jsonc json5 webmanifest",
    "markdown": "md markdown mdown mkd mdx",
}

_NAMES: Final = {
    "rakefile": "ruby",
    "gemfile": "ruby",
    "guardfile": "ruby",
    "capfile": "ruby",
    "vagrantfile": "ruby",
    "podfile": "ruby",
    "fastfile": "ruby",
    "brewfile": "ruby",
    "dangerfile": "ruby",
    "sconstruct": "python",
    "sconscript": "python",
    "wscript": "python",
    "pkgbuild": "bash",
    ".bashrc": "bash",
    ".bash_profile": "bash",
    ".bash_aliases": "bash",
    ".profile": "bash",
    ".zshrc": "bash",
    ".zshenv": "bash",
    ".zprofile": "bash",
    "pipfile": "toml",
    ".clang-format": "yaml",
    ".clang-tidy": "yaml",
    ".babelrc": "json",
    ".eslintrc": "json",
    ".prettierrc": "yaml",
    "jakefile": "javascript",
}

_INTERPRETERS: Final = {
    "python": "python",
    "pypy": "python",
    "node": "javascript",
    "nodejs": "javascript",
    "deno": "typescript",
    "bun": "typescript",
    "ruby": "ruby",
    "php": "php",
    "lua": "lua",
    "luajit": "lua",
    "elixir": "elixir",
    "runghc": "haskell",
    "runhaskell": "haskell",
    "stack": "haskell",
    "scala": "scala",
    "swift": "swift",
    "sh": "bash",
    "bash": "bash",
    "dash": "bash",
    "ksh": "bash",
    "zsh": "bash",
    "bats": "bash",
    "rust-script": "rust",
}

_BY_ENDING: Final = {ending: language for language, endings in _ENDINGS.items() for ending in endings.split()}

_SHEBANG: Final = re.compile(
    r"#!\s*(?:\S*/)?(?:env\s+(?:-\S+\s+)*(?:\w+=\S*\s+)*(?:\S*/)?)?([A-Za-z_-]+)", re.ASCII
)
_CPP_ONLY: Final = re.compile(
    r"^\s*(?:class\s+\w+[^;()]*$|class\s+\w+.*[{:]|namespace\b|template\s*<|using\s+(?:namespace\b|\w+\s*=)"
    r"|(?:public|private|protected)\s*:|(?:typedef\s+)?enum\s+class\b|constexpr\b|virtual\b|extern\s+\"C\+\+\")"
    r"|\bstd::\w|\bnullptr\b|^\s*#\s*include\s*<(?:string|vector|map|memory|iostream|cstdint|cstddef|utility"
    r"|functional|type_traits|algorithm|string_view|optional|mutex|atomic|chrono|limits)>",
    re.MULTILINE,
)

# What Qt's Linguist keeps in files of the same ending as TypeScript's.
_QT_TRANSLATIONS: Final = re.compile(r"\s*<(?:\?xml|!DOCTYPE TS)\b")

# A declaration that tells C from C++ stands near the top; the rest of a long header adds nothing.
_HEADER_SAMPLE: Final = 64_000

_CONFIG: Final = frozenset({"toml", "yaml", "json"})

LANGUAGES: Final = tuple(_ENDINGS)


def language_of(path: str, text: str = "") -> str:
    """Name the language of a file, "" for plain text and for what we have no grammar of.

    Args:
        path: relative or absolute, "/"-separated.
        text: its decoded content; without it, files that only a first line or content tells are "".
    """
    name = basename(path).lower()
    if name in _NAMES:
        return _NAMES[name]
    ending = splitext(name)[1][1:]
    if ending == "h":
        return "cpp" if _CPP_ONLY.search(text, 0, _HEADER_SAMPLE) else "c"
    if ending == "ts" and _QT_TRANSLATIONS.match(text):
        return ""
    if ending in _BY_ENDING:
        return _BY_ENDING[ending]
    return _by_first_line(text) if not ending else ""


def is_config(language: str) -> bool:
    """Whether the language holds settings, not code: toml, yaml, json."""
    return language in _CONFIG


def _by_first_line(text: str) -> str:
    shebang = _SHEBANG.match(text)
    if shebang:
        return _INTERPRETERS.get(shebang[1], "")
    if text.startswith(("#compdef", "#autoload")):
        return "bash"
    return "php" if text.startswith("<?php") else ""
