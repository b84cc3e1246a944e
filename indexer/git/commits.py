"""From a branch name to the commit it stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import SourceUnreadable
from indexer.git.command import ask_git
from indexer.git.objects import read_objects

# What git's own check-ref-format forbids, and a leading hyphen, which could be taken for an option.
_FORBIDDEN = re.compile(r"^[-/.]|[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|$)|[/.]$|^@$")
_COMMIT_ID = re.compile(r"[0-9a-f]{7,64}")
_OBJECT_ID = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})")
_COMMITTER = re.compile(rb"^committer .*> (\d+) [+-]\d+$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit and when it was made (Unix seconds)."""

    id: str
    committed_at: int


def check_branch(branch: str) -> None:
    """Refuse what cannot be the name of a branch, tag or commit. SECURITY: nor can it be an option.

    Raises:
        SourceUnreadable: it is none.
    """
    if branch and _FORBIDDEN.search(branch):
        raise SourceUnreadable(f"{branch!r} is not a valid branch name: correct branch in repos.toml")


def resolve_commit(git_dir: Path, branch: str) -> Commit | None:
    """Return the commit of a branch, tag or commit id ("" means HEAD), or None for an empty repository.

    Raises:
        SourceUnreadable: there is no such branch, or git cannot read it.
    """
    check_branch(branch)
    candidates = _candidates(branch)
    for candidate in candidates:
        commit_id = _commit_id(git_dir, candidate)
        if commit_id is not None:
            return Commit(commit_id, _committed_at(git_dir, commit_id))
    refs, complaint = ask_git(git_dir, "for-each-ref", "--count=1")
    if complaint:
        raise SourceUnreadable(f"git cannot read the branches of {git_dir}: {complaint}")
    if branch or refs:
        raise _unresolved(git_dir, branch, candidates)
    return None


def _candidates(branch: str) -> list[str]:
    if not branch:
        return ["HEAD"]
    if branch.startswith("refs/"):
        return [branch]
    refs = [f"refs/{room}{branch}" for room in ("heads/", "tags/", "remotes/origin/", "remotes/")]
    return [*refs, branch] if _COMMIT_ID.fullmatch(branch) else refs


def _commit_id(git_dir: Path, name: str) -> str | None:
    try:
        answer, _ = ask_git(git_dir, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    except SourceUnreadable:
        return None
    return answer if _OBJECT_ID.fullmatch(answer) else None


def _unresolved(git_dir: Path, branch: str, candidates: list[str]) -> SourceUnreadable:
    """Say why a repository that has branches gave no commit: none of that name, or a damaged one."""
    for candidate in candidates:
        if _names_something(git_dir, candidate):
            try:
                ask_git(git_dir, "rev-parse", "--verify", f"{candidate}^{{commit}}")
            except SourceUnreadable as error:
                return error
    if branch:
        return SourceUnreadable(
            f"{git_dir} has no branch, tag or commit {branch!r}: correct branch in repos.toml"
        )
    return SourceUnreadable(
        f"HEAD of {git_dir} is a branch without commits: name another branch in repos.toml"
    )


def _names_something(git_dir: Path, candidate: str) -> bool:
    if candidate == "HEAD":
        try:
            candidate, _ = ask_git(git_dir, "symbolic-ref", "--quiet", "HEAD")
        except SourceUnreadable:
            return True  # detached: HEAD itself names a commit
    known, _ = ask_git(git_dir, "for-each-ref", "--", candidate)
    return bool(known)


def _committed_at(git_dir: Path, commit_id: str) -> int:
    for data in read_objects(git_dir, [commit_id]):
        if data is not None and (found := _COMMITTER.search(data)):
            return int(found[1])
    raise SourceUnreadable(f"commit {commit_id} of {git_dir} cannot be read: run git fsck there")
