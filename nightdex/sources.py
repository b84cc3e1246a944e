"""What the [[repo]] and [[cards]] of repos.toml stand for on this machine."""

from __future__ import annotations

import glob
import itertools
import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from indexer.sources.definition import SourceDefinition, SourceKind
from indexer.sources.paths import printable
from nightdex.diagnosis import nearest
from nightdex.document import Document, Problem
from nightdex.settings import Cards, Repository
from nightdex.toml_lines import KeyPath

# Neighbours of a missing directory that are looked at for a likely name.
MAX_NEIGHBOURS = 10_000

# What a name may not hold, because `repo:NAME` in a query could not say it (settings.Name).
_NOT_IN_NAMES = frozenset("\"'\\:/")


class SourceFinder:
    """Turns entries into definitions; what is wrong with them gathers in `problems`."""

    def __init__(self, document: Document, absolute: Callable[[str], Path], known: Collection[str]) -> None:
        self.problems: list[Problem] = []
        self._document = document
        self._absolute = absolute
        self._known = known

    def find(
        self, repositories: Sequence[tuple[int, Repository]], cards: Sequence[tuple[int, Cards]]
    ) -> tuple[SourceDefinition, ...]:
        """Return every source in the order of the file, those of a glob sorted by path."""
        # A [[repo]] of its own says more about a directory than a glob that also matches it.
        taken = {str(self._absolute(repo.path)) for _, repo in repositories if repo.path}
        found: list[tuple[KeyPath, SourceDefinition]] = []
        for index, repo in repositories:
            if not self._contradicts(("repo", index), repo):
                found.extend((("repo", index), d) for d in self._repository(("repo", index), repo, taken))
        for index, entry in cards:
            found.extend((("cards", index), d) for d in self._cards(("cards", index), entry))
        self._refuse_twins(found)
        return tuple(definition for _, definition in found)

    def _contradicts(self, at: KeyPath, repo: Repository) -> bool:
        before = len(self.problems)
        places = [key for key in ("path", "glob", "url") if getattr(repo, key) is not None]
        if not places:
            self._blame(at, "[[repo]] needs a 'path', a 'glob' or a 'url'")
        if len(places) > 1:
            names = " and ".join(f"'{key}'" for key in places)
            last = max(places, key=lambda key: self._document.line((*at, key)))
            self._blame((*at, last), f"one [[repo]] has {names}; keep one of them")
        if repo.glob is not None and repo.name is not None:
            self._blame((*at, "name"), "'name' cannot name all that a 'glob' matches; leave it out")
        if repo.worktree and repo.url is not None:
            self._blame((*at, "worktree"), "'worktree' needs a local clone, and a 'url' has none")
        if repo.worktree and repo.branch is not None:
            self._blame((*at, "worktree"), "'worktree' reads the files as they are, so 'branch' says nothing")
        if repo.private_network and repo.url is None:
            self._blame((*at, "private_network"), "'private_network' is about a 'url', and there is none")
        if repo.url is not None and not repo.private_network:
            self._check_address((*at, "url"), repo.url)
        return len(self.problems) > before

    def _check_address(self, at: KeyPath, url: str) -> None:
        from indexer.errors import UrlRefused  # noqa: PLC0415 - only configurations with URLs pay for it
        from indexer.git.addresses import check_literal_address  # noqa: PLC0415 - as above
        from indexer.git.remotes import remote_of  # noqa: PLC0415 - as above

        try:
            check_literal_address(remote_of(url))
        except UrlRefused as error:
            self._blame(at, f"'url': {error}")

    def _repository(self, at: KeyPath, repo: Repository, taken: set[str]) -> Iterator[SourceDefinition]:
        if repo.url is not None:
            name = repo.name or name_of(repo.url.replace(":", "/"))
            yield _definition(name, SourceKind.MIRROR, repo.url, repo)
        elif repo.path is not None:
            yield from self._local(at, repo.path, repo, repo.name)
        elif repo.glob is not None:
            matches = _repositories_matching(str(self._absolute(repo.glob)))
            if not matches:
                self._blame((*at, "glob"), f"no git repository matches '{repo.glob}'")
            for path in matches:
                if path not in taken:
                    taken.add(path)
                    yield _definition(name_of(path), SourceKind.REPOSITORY, path, repo)

    def _local(
        self, at: KeyPath, given: str, repo: Repository, name: str | None
    ) -> Iterator[SourceDefinition]:
        path = self._absolute(given)
        name = name or name_of(str(path))
        if self._is_there((*at, "path"), given, path, name):
            yield _definition(name, SourceKind.REPOSITORY, str(path), repo)

    def _cards(self, at: KeyPath, entry: Cards) -> Iterator[SourceDefinition]:
        path = self._absolute(entry.path)
        name = entry.name or name_of(str(path))
        if self._is_there((*at, "path"), entry.path, path, name):
            yield SourceDefinition(name, SourceKind.CARDS, str(path))

    def _is_there(self, at: KeyPath, given: str, path: Path, name: str) -> bool:
        """Whether to go on: a name that the index knows is the night's to miss."""
        if name in self._known:
            return True
        try:
            if stat.S_ISDIR(path.stat().st_mode):
                return True
            self._blame(at, f"'{given}' is a file; name its directory")
        except (FileNotFoundError, NotADirectoryError):
            meant = nearest(path.name, _neighbours(path.parent))
            self._blame(at, f"'{given}' does not exist" + (f" - did you mean '{meant}'?" if meant else ""))
        except OSError as error:
            self._blame(at, f"'{given}' cannot be reached: {error.strerror}")
        return False

    def _refuse_twins(self, found: Sequence[tuple[KeyPath, SourceDefinition]]) -> None:
        first: dict[str, tuple[KeyPath, SourceDefinition]] = {}
        for at, definition in found:
            before, twin = first.setdefault(definition.name, (at, definition))
            if twin is definition:
                continue
            line = self._document.line(before)
            if twin.location == definition.location:
                what = f"'{definition.location}' is on line {line} already"
            else:
                what = (
                    f"two repositories are called '{definition.name}': {definition.location}, and "
                    f"{twin.location} on line {line}"
                )
            self._blame(at, f"{what}; give one of them another 'name'")

    def _blame(self, at: KeyPath, sentence: str) -> None:
        # Directories below a glob may have any name.
        self.problems.append(self._document.problem(at, printable(sentence)))


def _definition(name: str, kind: SourceKind, location: str, repo: Repository) -> SourceDefinition:
    return SourceDefinition(
        name,
        kind,
        location,
        repo.branch or "",
        repo.include,
        repo.exclude,
        repo.worktree,
        repo.private_network,
    )


def name_of(path: str) -> str:
    """The last part of a path or URL, without .git, and without what a name may not hold."""
    parts = [part for part in path.split("/") if part and part != ".git"] or ["root"]
    name = parts[-1].removesuffix(".git")
    return "".join(mark if mark.isprintable() and mark not in _NOT_IN_NAMES else "-" for mark in name)


def _repositories_matching(pattern: str) -> list[str]:
    found = glob.glob(pattern, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
    return sorted(path for path in found if _is_repository(Path(path)))


def _is_repository(path: Path) -> bool:
    """Whether a directory looks like a clone (.git is a file in worktrees) or like a bare repository."""
    return (path / ".git").exists() or (
        (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()
    )


def _neighbours(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in itertools.islice(entries, MAX_NEIGHBOURS) if entry.is_dir()]
    except OSError:
        return []
