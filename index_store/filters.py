"""What a query may see: the caller's scope and the query's own filters, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, cast

import re2
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

_GLOB_CHARACTERS = frozenset("*?[")


class _Rows(Protocol):
    """The columns of the catalogue a filter looks at, by row."""

    def __len__(self) -> int: ...
    @property
    def repo(self) -> _Texts: ...
    @property
    def path(self) -> _Texts: ...
    @property
    def language(self) -> _Texts: ...
    @property
    def kind(self) -> _Texts: ...


class _Texts(Protocol):
    def __getitem__(self, row: int, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Filter:
    """Which chunks a query may return: those that pass every field; an empty tuple passes all.

    Attributes:
        scope: the repositories the caller may see; None means all of them, an empty set none.
        repos: names, any of them. The same for languages and kinds.
        paths: patterns, any of them; see `path_matches`.
        not_paths: patterns, none of them.
    """

    scope: frozenset[str] | None = None
    repos: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    not_paths: tuple[str, ...] = ()

    def allowed_repos(self, known: Iterable[str]) -> list[str] | None:
        """The repositories that remain, or None where any may be returned."""
        if self.scope is None and not self.repos:
            return None
        return [
            repo
            for repo in known
            if (not self.repos or repo in self.repos)
            # SECURITY: the one place where the caller's scope narrows what is returned.
            and (self.scope is None or repo in self.scope)
        ]

    def allows_path(self, path: str) -> bool:
        """Whether a path passes `paths` and `not_paths`."""
        return (not self.paths or any(path_matches(pattern, path) for pattern in self.paths)) and not any(
            path_matches(pattern, path) for pattern in self.not_paths
        )

    def admits(self, rows: _Rows, row: int) -> bool:
        """Whether one row of the catalogue passes; the same answer as the store's own prefilter."""
        return (
            self.allowed_repos([rows.repo[row]]) != []
            and (not self.languages or rows.language[row] in self.languages)
            and (not self.kinds or rows.kind[row] in self.kinds)
            and self.allows_path(rows.path[row])
        )


def path_matches(pattern: str, path: str) -> bool:
    """Whether a path is meant by a pattern, with case. Takes linear time whatever the pattern.

    With `*`, `?` or `[` a pattern is a gitignore glob: `*.py` anywhere, `src/*.py` from the top, `**` across
    folders. `/src` is the start of the path, a pattern with another slash a run that starts at a folder or
    file name (`tests/`, `auth/session`, `app/[id]/page.tsx`), and anything else a part of the path.
    """
    if not _GLOB_CHARACTERS.isdisjoint(pattern) and (glob := _glob(pattern)) and glob.search(path):
        return True
    if pattern.startswith("/"):
        return f"/{path}".startswith(pattern)
    if "/" in pattern:
        return f"/{pattern.removeprefix('./')}" in f"/{path}"
    return pattern in path


class _Regex(Protocol):
    def search(self, text: str, /) -> object | None: ...


@lru_cache(maxsize=1024)
def _glob(pattern: str) -> _Regex | None:
    """The glob as an RE2 pattern, so that `*a*a*a*a*b` cannot take for ever; None where it is no glob."""
    literal = f"\\{pattern}" if pattern.startswith(("!", "#")) else pattern
    options = re2.Options()
    options.log_errors = False
    try:
        source, _ = GitIgnoreSpecPattern.pattern_to_regex(literal)
        return cast("_Regex", re2.compile(source, options)) if source else None
    except (ValueError, re2.error):
        return None
