"""The commit of a branch read from files is the one that git names, or none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from indexer.git.layout import find_git_dir
from indexer.git.refs import peek_commit
from tests.repositories import commit, git


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    commit(folder, {"a.py": "a = 1\n"})
    commit(folder, {"a.py": "a = 2\n"})
    return folder


def peeked(folder: Path, branch: str = "") -> str:
    git_dir = find_git_dir(folder)
    assert git_dir is not None
    return peek_commit(git_dir, branch)


@pytest.mark.parametrize("packed", [False, True])
def test_head_and_branches_are_what_git_says(shop: Path, packed: bool) -> None:  # noqa: FBT001 - a parameter of the test
    git(shop, "branch", "old/er", "HEAD~1")
    if packed:
        git(shop, "pack-refs", "--all")
    assert peeked(shop) == git(shop, "rev-parse", "HEAD")
    assert peeked(shop, "old/er") == git(shop, "rev-parse", "old/er")


def test_a_loose_ref_wins_over_a_packed_one(shop: Path) -> None:
    git(shop, "pack-refs", "--all")
    commit(shop, {"a.py": "a = 3\n"})
    assert peeked(shop) == git(shop, "rev-parse", "HEAD")


def test_a_detached_head_names_its_commit(shop: Path) -> None:
    git(shop, "checkout", "-q", "--detach", "HEAD~1")
    assert peeked(shop) == git(shop, "rev-parse", "HEAD")


def test_a_linked_worktree_has_its_own_head_and_shares_branches(shop: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(shop, "worktree", "add", "-q", "-b", "beside", str(linked), "HEAD~1")
    git(shop, "pack-refs", "--all")
    assert peeked(linked) == git(linked, "rev-parse", "HEAD") != peeked(shop)
    assert peeked(linked, "beside") == peeked(shop, "beside")


def test_a_bare_clone_is_read(shop: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(shop), str(bare))
    assert peeked(bare) == git(shop, "rev-parse", "HEAD")


def test_what_only_git_can_tell_is_left_to_it(shop: Path) -> None:
    git(shop, "tag", "-a", "v1", "-m", "one")
    assert peeked(shop, "v1") == ""
    assert peeked(shop, "nothing") == ""


@pytest.mark.parametrize("head", [b"", b"ref: refs/heads/../../../x\n", b"ref: refs/tags/v1\n", b"\xff\x00"])
def test_a_strange_head_names_nothing(shop: Path, head: bytes) -> None:
    (shop / ".git" / "HEAD").write_bytes(head)
    assert peeked(shop) == ""


def test_a_pipe_in_place_of_a_ref_is_not_waited_for(shop: Path) -> None:
    (shop / ".git" / "HEAD").unlink()
    os.mkfifo(shop / ".git" / "HEAD")
    assert peeked(shop) == ""


def test_a_repository_whose_objects_are_gone_names_nothing(shop: Path) -> None:
    (shop / ".git" / "objects").rename(shop / ".git" / "elsewhere")
    assert peeked(shop) == ""
