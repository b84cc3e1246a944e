"""What .gitignore files leave out, read by us: git itself would run a repository's file monitor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pathspec import GitIgnoreSpec


def patterns_of(lines: Iterable[str]) -> GitIgnoreSpec:
    """Compile gitignore patterns; like git, pass over those that are none."""
    return GitIgnoreSpec.from_lines(line for line in lines if _is_pattern(line))


def _is_pattern(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The ignore files in force in one folder, innermost last.

    Attributes:
        layers: per ignore file, the folder it governs ("" or ending in "/") and its patterns.
    """

    layers: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    def within(self, folder: str, lines: Iterable[str]) -> IgnoreRules:
        """Add the ignore file of a folder."""
        return IgnoreRules((*self.layers, (folder, patterns_of(lines))))

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Tell whether a path below those folders is left out; the innermost file that speaks decides."""
        asked = path + "/" if is_folder else path
        for folder, spec in reversed(self.layers):
            verdict = spec.check_file(asked[len(folder) :]).include
            if verdict is not None:
                return verdict
        return False
