"""A second working tree of a repository, on a branch of its own, for work that somebody else does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from indexer.errors import SourceMissing, SourceUnreadable
from indexer.git.command import GitProcess, ask_git
from indexer.git.commits import check_branch
from indexer.git.environment import as_variables, reading_environment
from indexer.git.layout import find_git_dir
from indexer.limits import MAX_ANSWER_BYTES

_FILTER = re.compile(r"filter\..+\.(?:clean|smudge|process|required)", re.DOTALL)
_OFF = {"clean": "", "smudge": "", "process": "", "required": "false"}


def repository_of(folder: Path) -> tuple[Path, Path]:
    """The working tree around a folder and its git directory.

    Raises:
        SourceMissing: the folder is in no repository, or in a bare one.
    """
    for parent in (folder, *folder.parents):
        if (parent / ".git").exists() and (git_dir := find_git_dir(parent)) is not None:
            return parent, git_dir
    raise SourceMissing(f"{folder} is in no git repository: name one, or run git init there")


def add_worktree(git_dir: Path, path: Path, branch: str) -> None:
    """Check HEAD out at `path`, on a new branch; a worktree that is there already is left as it is.

    Neither hooks nor filters of the repository run.

    Raises:
        SourceUnreadable: the branch exists, the path is taken, or there is no commit yet.
    """
    if (path / ".git").is_file():
        return
    check_branch(branch)
    arguments = ("worktree", "add", "-b", branch, "--", str(path), "HEAD")
    ask_git(git_dir, *arguments, environment=_without_filters(git_dir))


def changed_files(path: Path) -> tuple[str, ...]:
    """Paths in a working tree that are not as in its commit, new ones included; sorted.

    Raises:
        SourceUnreadable: it is no working tree, or git cannot read it.
    """
    git_dir = find_git_dir(path)
    if git_dir is None:
        raise SourceUnreadable(f"{path} is no working tree any more")
    tree = f"--work-tree={path}"
    # Looking into submodules would run git there, by their own configuration.
    quiet = ("--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty")
    comparing = (tree, "diff", "--name-only", "-z", *quiet, "HEAD")
    edited = _names(git_dir, *comparing, environment=_without_filters(git_dir))
    new = _names(git_dir, tree, "ls-files", "--others", "--exclude-standard", "-z", "--", f"{path}/")
    return tuple(sorted({*edited, *new}))


def _without_filters(git_dir: Path) -> Mapping[str, str]:
    """An environment that empties every filter of the repository's configuration: each may name a program."""
    keys = [key for key in _names(git_dir, "config", "--list", "--name-only", "-z") if _FILTER.match(key)]
    return {**reading_environment(), **as_variables({key: _OFF[key.rpartition(".")[2]] for key in keys})}


def _names(git_dir: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    with GitProcess(git_dir, arguments, environment=environment) as process:
        while (name := process.read_until(b"\0", MAX_ANSWER_BYTES)) is not None:
            yield name.decode("utf-8", "surrogateescape")
