"""What the API asks git about a repository: where its branch is now, and what some files are there."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from index_store.schema import RepositoryState
from indexer.errors import SourceError
from indexer.git.commits import resolve_commit
from indexer.git.layout import find_git_dir
from indexer.git.objects import blobs_at
from search_api.heads import Head


def read_head(state: RepositoryState, paths: Collection[str]) -> Head | None:
    """The head of a clone on this machine; None for anything else, and for one that cannot be read."""
    if not state.commit:
        return None
    try:
        git_dir = find_git_dir(Path(state.location))
        commit = None if git_dir is None else resolve_commit(git_dir, state.branch)
        if git_dir is None or commit is None:
            return None
        return Head(commit.id, {} if commit.id == state.commit else blobs_at(git_dir, commit.id, paths))
    except SourceError:
        return None
